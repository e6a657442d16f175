// Package tree gives names to arrays: it resolves a path below the mount point
// to a directory or a file, lists what a directory holds, and reads files. It
// works without a kernel and knows nothing of FUSE.
//
//	D/array.EXT  D/slices/DIM/INDEX.EXT  D/chunks/I.J.K.EXT  D/at/EXPR.EXT
//	D/slices/DIM/INDEX/  D/at/EXPR/      the same parts as directories like D
//	D/info.json  D/attributes.json  D/.store/...
//	MOUNT/.tsmount/{ready,config.json,stats.json,metrics}
//
// Laws:
//
//  1. Nodes hold names, handles hold arrays. A directory resolves its name anew
//     in every operation, so that it shows what the array is now; a file knows
//     the generation of the array it was found in and is ErrStale afterwards.
//  2. A name that does not exist, does not parse or lies outside the domain is
//     fs.ErrNotExist, whatever the reason.
//  3. Stat is exact and touches metadata only. A format whose layout needs data
//     or overflows is not there.
//  4. Listings are streams: nothing is built whose size follows an extent, and
//     entry n can be reached without the entries before it wherever names are
//     computed.
//  5. The inode number of a file is the hash of its canonical path, so that all
//     spellings share it; that of a directory is the hash of its path as it was
//     spelled. Both are relative to the mount point.
//  6. How old metadata may be is one time value, fixed once per operation (see
//     freshness.go); how old data may be is fixed once per read.
//
// What is not here: errno, kernel caches, signals (package fusefs); chunks and
// their freshness (package cache); what files look like (arrayview/format).
package tree
