// Package kvstore defines what tsmount keeps arrays in: stores that map keys
// to values, each value with a generation, and the wrappers that all stores
// share (prefix, retry). It also says how a spec or a URL names a store: Spec,
// made by ParseSpec and ParseURL with the Table of Drivers that exist.
//
// Laws:
//
//  1. Missing is a result, not an error: ReadResult.State. A reader may answer
//     "fill value" only for Missing, never for an error.
//  2. A generation names one stored value of one key. Whoever writes a value
//     gives it a generation that the key never had; the same bytes written
//     twice have two generations.
//  3. Stamp.Time is a moment at which Stamp.Generation was known to be current:
//     the start of the request, never its end.
//  4. A failed condition of a write is ErrMismatch, and nothing has changed.
//     A failed IfNotEqual of a read is the state Unchanged.
//  5. A returned slice belongs to the caller. An argument may be reused as soon
//     as the call has returned.
//  6. A store never answers for a key outside its root, however the key is
//     spelled: such keys are fs.ErrInvalid.
//  7. Every wait, also the wait for a concurrency token, ends when ctx does. A
//     token is held for one request and never while waiting for anything else.
//  8. Sizes of stored values are not trusted: a caller that knows how large a value
//     can be says so in ReadOptions.MaxBytes.
//  9. Errors name the key and carry an io/fs sentinel where one fits; secrets
//     never appear in them.
//
// Every store is tested by kvstoretest.Run: bare, under a prefix and under the
// fault-injecting wrapper with no faults.
package kvstore
