// Package integration tests the program as its users meet it: the command is
// built, started in a process of its own, and its mount is read by this process
// and by ordinary programs. It needs /dev/fuse and is skipped without it.
//
// Laws:
//
//  1. The process that serves a mount never reads it: it could wait for itself.
//  2. Every mount has a watchdog. A reader of a mount that does not answer
//     cannot be killed, so the connection is aborted first.
//  3. At the end nothing is mounted any more, and nothing was deleted through a
//     mount.
//  4. The sentences of docs/SEMANTICS.md with an id are tests with that id, all
//     of them and no others.
//  5. What is expected comes from a plain array in memory (dataset_test.go),
//     never from the code under test.
//
// $TSMOUNT_LONG (make soak) gives the tests more time that find more in more time:
// the model, fsx, crashes, random arrays and views, and what counts and overwrites under load.
package integration
