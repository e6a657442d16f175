// Command tsmount mounts TensorStore datasets as directories of files.
//
// A command line becomes a request (request.go): what to mount where, in a form
// that can be sent to another process. A request becomes a plan (plan.go): specs
// and contexts, checked, nothing opened. A plan becomes a daemon (daemon.go),
// which opens the datasets (dataset.go), mounts them, writes what it serves into
// the state directory (state.go) and answers on its control socket (control.go).
// In the background, the parent makes the request and the plan, and its child
// makes them again from the request on a pipe (background.go).
//
// Laws:
//
//  1. Whatever fails is one line on stderr, "tsmount: SOURCE: json.path: why";
//     the exit status is 2 for a bad command line or spec, else 1.
//  2. A spec never appears in argv of a process that the command starts, nor
//     with its secrets in a log, a state file or a file of the mount.
//  3. info and check see the stores through an overlay that keeps every change
//     to itself.
//  4. All mounts of a request come up, or none stays.
//
// What exists (stores, formats, resource kinds) is listed in tables.go.
package main
