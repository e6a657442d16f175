// Package fusefs mounts a tree: it is the thin shell between package tree and
// the kernel, by way of go-fuse. Nothing here knows what an array is.
//
// A request enters through a node or handle method, becomes a request context
// (interrupt.go), calls the tree once, and leaves through Server.fail, the only
// place where an error becomes a number (errno.go).
//
// Laws:
//
//  1. A READ is answered in full up to the end of the file, or with an error:
//     the kernel takes a short answer for the end of the file.
//  2. No handler waits for the kernel. Notifications are sent by one worker
//     goroutine that holds no lock while it sends (invalidate.go).
//  3. An interrupt is not an end: only a caller that is being killed, or a
//     deadline, stops a request (interrupt.go).
//  4. Pages are kept only where the tree says that bytes stay right (pages.go).
//  5. The process that serves a mount never touches it.
//  6. errno.go alone names numbers; every EIO leaves one line in the log with
//     the whole chain, at a bounded rate.
package fusefs
