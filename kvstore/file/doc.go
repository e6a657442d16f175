// Package file is the store over a directory of the local file system: a key is
// the path of a regular file below the root, its value is the file's content.
//
// Laws:
//
//  1. Nothing outside the root is reached: keys with an empty component, "." or
//     ".." are invalid, and a symbolic link that leads out of the root, or is
//     absolute, is an error that wraps fs.ErrPermission; it is never "missing".
//     The root itself may be reached through links.
//  2. No directory stays open between two operations: a root that is replaced,
//     removed or made later is seen at once.
//  3. Only regular files are values. A directory in a value's place is a missing
//     value; a FIFO, socket or device is an error, at once.
//  4. A generation is device, inode, size, mtime and ctime. Clocks of file
//     systems tick slowly: a value that changed within 20 ms before it was read
//     gets a generation that is never Unchanged, see generation.go.
//  5. A value that changes while it is read is read again.
//  6. One token of file_io_concurrency is held from open to close, never while
//     waiting for a lock or for the consumer of a listing.
//
// # How a value is written
//
// TensorStore's protocol, so that both may write to one dataset at a time. In
// the lock mode "os":
//
//  1. Missing directories are made; each is made durable in its own parent.
//  2. The lock file <path>.__lock, beside the value, is opened or made.
//  3. It is locked: an open file description lock, or flock where the file
//     system has none. A lock held by another program is tried again and again,
//     so that the wait ends with the context; writers in one store queue up.
//  4. If the path does not lead to the locked file any more, another writer has
//     finished with it: start again at 2.
//  5. What a crashed writer left in the file is cut off. (Not before 4: until
//     then the file may be a value.)
//  6. The condition is checked against the value's file.
//  7. The value is written into the lock file, which gets an mtime that no
//     earlier value had, and synced.
//  8. The lock file is renamed to the value; the directory is synced.
//  9. Closing the file releases the lock. After an error from 5 on the lock file
//     is removed.
//
// A delete does the same with an unlink in place of 7 and 8. With the mode
// "lockfile" the existence of the lock file is the lock; with "none" each write
// has its own temporary file; with "non_atomic" values are overwritten in place,
// so that readers may see half of one.
//
// Names that end in ".__lock" are no keys and are never listed.
package file
