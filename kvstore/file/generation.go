package file

import (
	"encoding/binary"
	"hash/maphash"
	"time"

	"golang.org/x/sys/unix"

	"tsmount/kvstore"
)

// What a generation looks like:
//
//	device inode size mtime ctime           settled: 40 bytes
//	device inode size mtime ctime hash      fresh: 48 bytes
//	device inode size mtime ctime "?"       fresh, content not known: 41 bytes
//
// A file system takes its times from a clock that ticks every 1 to 10 ms, and
// may use the inode of a deleted file again at once. So two values that follow
// each other within a tick can agree in all five numbers. A reader that looks
// more than settleTime after the last change knows that no later change can look
// the same: what it saw is settled. A reader that looks earlier gets a fresh
// generation, which is never Unchanged; as the condition of a write it is
// compared by the five numbers and, where it is known, by the hash of the whole
// value.
//
// Write sets an mtime with all digits of the clock, so that what it returns is
// settled at once: every later change, by whomever, gets another mtime.

const (
	// settleTime is longer than any tick.
	settleTime = 20 * time.Millisecond
	// coarseSettleTime is for file systems that keep whole seconds, FAT even
	// whole pairs of them.
	coarseSettleTime = 2 * time.Second
	// maxSkew is how far the clock of a file server may be ahead of ours. Times
	// further in the future are old mistakes, which no change repeats.
	maxSkew = time.Minute
)

const settledLen = 40

// info is what fstat tells about a file.
type info struct {
	mode     uint32
	dev, ino uint64
	size     int64
	mtime    int64 // ns since 1970
	ctime    int64
}

func infoOf(st *unix.Stat_t) info {
	return info{
		mode: uint32(st.Mode), dev: uint64(st.Dev), ino: uint64(st.Ino), size: int64(st.Size),
		mtime: unix.TimespecToNsec(st.Mtim), ctime: unix.TimespecToNsec(st.Ctim),
	}
}

func fstat(fd int) (info, error) {
	var st unix.Stat_t
	if err := again(func() error { return unix.Fstat(fd, &st) }); err != nil {
		return info{}, err
	}
	return infoOf(&st), nil
}

// lstatAt describes name in the directory dir; a link is described itself.
func lstatAt(dir int, name string) (info, error) {
	var st unix.Stat_t
	err := again(func() error { return unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return info{}, err
	}
	return infoOf(&st), nil
}

func (in info) isKind(format uint32) bool { return in.mode&unix.S_IFMT == format }

func (in info) sameFile(other info) bool { return in.dev == other.dev && in.ino == other.ino }

func (in info) modified() time.Time { return time.Unix(0, in.mtime) }

// encode returns the settled form.
func (in info) encode() [settledLen]byte {
	var b [settledLen]byte
	for i, n := range [...]uint64{in.dev, in.ino, uint64(in.size), uint64(in.mtime), uint64(in.ctime)} {
		binary.BigEndian.PutUint64(b[8*i:], n)
	}
	return b
}

// isFresh reports whether a change after now could look the same as in.
func (in info) isFresh(now time.Time) bool {
	since := now.Add(-settleTime)
	if in.mtime%1e9 == 0 && in.ctime%1e9 == 0 {
		since = now.Add(-coarseSettleTime)
	}
	from, to := since.UnixNano(), now.Add(maxSkew).UnixNano()
	return from < in.ctime && in.ctime < to || from < in.mtime && in.mtime < to
}

// generation returns the generation of a file that was looked at at now. whole
// is the content if all of it is known, else nil.
func (in info) generation(now time.Time, whole []byte) kvstore.Generation {
	b := in.encode()
	switch {
	case !in.isFresh(now):
		return kvstore.Generation(b[:])
	case whole == nil:
		return kvstore.Generation(append(b[:], '?'))
	}
	return kvstore.Generation(binary.BigEndian.AppendUint64(b[:], contentHash(whole)))
}

// is reports whether in looks like the file that g was made from.
func (in info) is(g kvstore.Generation) bool {
	b := in.encode()
	return len(g) >= settledLen && string(g[:settledLen]) == string(b[:])
}

// isSettled reports whether in is, beyond doubt, what g was made from.
func (in info) isSettled(g kvstore.Generation) bool { return len(g) == settledLen && in.is(g) }

// hashOf returns the hash that a fresh generation carries.
func hashOf(g kvstore.Generation) (hash uint64, ok bool) {
	if len(g) != settledLen+8 {
		return 0, false
	}
	return binary.BigEndian.Uint64([]byte(g[settledLen:])), true
}

var seed = maphash.MakeSeed()

func contentHash(value []byte) uint64 { return maphash.Bytes(seed, value) }
