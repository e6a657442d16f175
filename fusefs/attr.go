package fusefs

import (
	"os"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/drivers"
	"tsmount/fusefs/tree"
)

const (
	// blockSize is what cat and cp use as their buffer: a whole READ.
	blockSize = 1 << 20
	// forever is as long as the kernel is told to keep what never changes.
	forever = 24 * time.Hour
)

// timeouts say how long the kernel keeps what it has been told.
type timeouts struct {
	attr, entry, negative time.Duration
}

// timeoutsFor returns the timeouts that keep the promise of a bound on
// metadata, for an answer to what began at now: until then a number that is
// still to come was as good as true.
func timeoutsFor(r drivers.Recheck, now time.Time) timeouts {
	switch {
	case r.Mode == drivers.RecheckOpen:
		return timeouts{0, time.Second, 500 * time.Millisecond}
	case r.Mode == drivers.RecheckNever,
		r.Mode == drivers.RecheckTime && r.Bound(now, now).Before(now):
		return timeouts{forever, forever, time.Second}
	}
	return timeouts{}
}

// owner says to whom the files belong.
type owner struct{ uid, gid, umask uint32 }

// ownerFor fills in what the configuration leaves open.
func ownerFor(cfg *Config) owner {
	o := owner{uint32(os.Getuid()), uint32(os.Getgid()), cfg.Umask & 0o777}
	if cfg.UID != nil {
		o.uid = *cfg.UID
	}
	if cfg.GID != nil {
		o.gid = *cfg.GID
	}
	return o
}

// fill describes a node to the kernel.
func (s *Server) fill(out *fuse.Attr, st tree.Stat) {
	out.Mode = syscall.S_IFREG | st.Perm&^s.owner.umask
	if st.Dir {
		out.Mode = syscall.S_IFDIR | st.Perm&^s.owner.umask
	}
	out.Size = uint64(st.Size)
	out.Blocks = (out.Size + 511) / 512
	out.Blksize = blockSize
	out.Nlink = 1 // of a directory: not counted
	out.Uid, out.Gid = s.owner.uid, s.owner.gid
	out.SetTimes(&st.Modified, &st.Modified, &st.Modified)
}

// fillEntry is fill for the answer to a lookup that began then.
func (s *Server) fillEntry(out *fuse.EntryOut, st tree.Stat, began time.Time) {
	s.fill(&out.Attr, st)
	out.SetEntryTimeout(timeoutsFor(s.recheck, began).entry)
	out.SetAttrTimeout(s.attrTimeout(st, began))
}

// attrTimeout returns how long the answer to a stat that began then may be kept.
func (s *Server) attrTimeout(st tree.Stat, began time.Time) time.Duration {
	if st.Volatile {
		return time.Nanosecond
	}
	return timeoutsFor(s.recheck, began).attr
}
