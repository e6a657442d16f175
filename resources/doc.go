// Package resources is the context framework: what several arrays may share
// (cache pools, limits on concurrency, credentials, retry rules) is named once
// in a Context and found by name.
//
// A Context is written as JSON. A key is a resource type, or a type and an
// identifier of the user's choice; a value is a definition, a reference to
// another key of the same type, or null, a new instance of the type's default:
//
//	{
//	  "cache_pool": {"total_bytes_limit": 10000000},
//	  "cache_pool#remote": {"total_bytes_limit": 100000000},
//	  "cache_pool#private": null,
//	  "data_copy_concurrency": {"limit": 8},
//	  "file_io_concurrency": "file_io_concurrency#disk",
//	  "file_io_concurrency#disk": {"limit": 2},
//	  "file_io_sync": false
//	}
//
// The words, in the order in which they meet:
//
//   - A Kind is one resource type: how a definition is written and how the
//     resource is built from it. Kinds is the table of those that exist.
//   - A Spec is a parsed context. Parsing checks every type and member; nothing
//     is built.
//   - A Member is a resource as a driver's or a store's spec names it: absent,
//     a reference, or a definition of its own.
//   - A Context is a Spec in place, with a parent. Bind turns a Member into
//     the resource.
//
// Laws:
//
//  1. A resource never changes the data: which bytes an array has does not
//     depend on any context. Resources decide how fast, how many at a time, how
//     much memory and with whose rights.
//  2. A resource is built at the first request, once per context and key,
//     however many ask at the same time. The outcome is kept, also an error.
//  3. A key is looked up in the context, then in its parent, and so on: a child
//     shadows what it defines and shares all else. A type that no context
//     defines gets its default in the root, so that all descendants share it;
//     a key with an identifier that no context defines is an error.
//  4. A reference inside a context starts in that context, never in the one
//     that asked. Members inside a definition likewise.
//  5. A definition inside a driver's or store's spec makes a new resource each
//     time it is bound and is never shared.
//  6. Resources are equal when they are identical (==). Kinds that are nothing
//     but configuration are comparable values, hence equal by value.
//  7. What was built in a context is closed with it, in reverse order; what was
//     found in a parent is not.
//  8. No mutex is held while a resource is built or closed.
//
// This package does not read files, know arrays or stores, or register kinds by
// itself: the owner of a kind exports it and the program lists all of them in
// one call of NewKinds.
package resources
