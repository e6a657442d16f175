package tree

// FNV-1a, 64 bits.
const (
	hashBasis = 14695981039346656037
	hashPrime = 1099511628211
)

// pathHash is the running hash of a path; it can be continued, so that a
// listing hashes the directory's part once.
type pathHash uint64

func hashPath(path string) pathHash { return pathHash(hashBasis).add(path) }

func (h pathHash) add(s string) pathHash {
	for i := 0; i < len(s); i++ {
		h = (h ^ pathHash(s[i])) * hashPrime
	}
	return h
}

// ino returns the inode number: 63 bits, since the kernel interface numbers its
// own inodes from 2^63 on, and neither 0 (none) nor 1 (the mount point).
func (h pathHash) ino() uint64 {
	n := uint64(h)
	n = (n ^ n>>63) &^ (1 << 63)
	if n < 2 {
		n += 2
	}
	return n
}

// rootIno is the inode number of the mount point.
const rootIno = 1

// fileIno returns the inode number of the file with this canonical path.
func fileIno(canonical string) uint64 { return hashPath(canonical).ino() }

// dirIno returns the inode number of the directory spelled so. The slash keeps
// it apart from a file of that name.
func dirIno(spelled string) uint64 {
	if spelled == "" {
		return rootIno
	}
	return hashPath(spelled).add("/").ino()
}

// join appends a name to a path below the mount point.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
