// Package memory is the store that keeps its values in the memory of the
// process: for tests, scratch arrays and as the base of adapters.
//
// Laws:
//
//  1. Every key that is not empty is legal, also ".." and "a//b": keys are
//     strings and lead nowhere.
//  2. Generations come from one counter per store and are never used again.
//  3. Values never change once they are stored; what goes in or out is copied.
//  4. A listing shows each key that exists from its beginning to its end; keys
//     that come or go meanwhile may be shown or not.
//
// In a spec the store is the context resource "memory_key_value_store": equal
// resources mean the same keys and values.
package memory
