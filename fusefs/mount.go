package fusefs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"tsmount/drivers"
	"tsmount/fusefs/tree"
)

// Config says what to mount where. MountPoint and Tree.Source are required.
type Config struct {
	MountPoint string
	// Tree is what the mount shows. Its Stats become a part of stats.json, as
	// the member "cache"; its Log defaults to Log.
	Tree tree.Config
	// AllowOther lets other users in; the kernel checks permission bits.
	AllowOther bool
	UID, GID   *uint32 // owner of all files; nil: the user of this process
	Umask      uint32  // bits that no file has
	// DrainTimeout bounds how long what was written is stored after the mount has
	// ended.
	DrainTimeout time.Duration
	// Debug logs every request.
	Debug bool
	// Log receives what fails; nil discards.
	Log *slog.Logger
}

// Server is a mount that is served.
type Server struct {
	tree     *tree.Tree
	fuse     *fuse.Server
	log      *slog.Logger
	path     string // of the mount point, absolute and without symbolic links
	writable bool
	recheck  drivers.Recheck // of metadata
	owner    owner
	nodes    nodes
	worker   *worker
	aliases  aliases
	trouble  *troubles
	counts   counts

	closing chan struct{} // closed when requests under way must give up
	giveUp  sync.Once
	ended   chan struct{} // closed when nothing is served any more

	drain     context.Context // ends when nothing more may be waited for
	stopDrain context.CancelFunc
	drainTime time.Duration
	lost      []string // could not be stored; written before ended is closed
}

// counts are the requests since the mount.
type counts struct {
	lookups, lists, opens, reads, bytes atomic.Int64
	writes, writtenBytes, flushes       atomic.Int64
}

// Mount mounts cfg.Tree and serves it until it is unmounted. It returns when
// the mount point shows the tree. ctx ends the attempt, not the mount.
func Mount(ctx context.Context, cfg Config) (*Server, error) {
	path, err := prepare(cfg.MountPoint)
	if err != nil {
		return nil, err
	}
	s := newServer(&cfg, path)
	if s.tree, err = tree.New(ctx, cfg.Tree); err != nil {
		return nil, err
	}
	root := &dirNode{base: base{s: s, node: s.tree.Root()}, dir: s.tree.Root()}
	s.worker = newWorker(&s.nodes)
	s.worker.root = root.EmbeddedInode()
	if s.fuse, err = attach(path, root, s.options(&cfg)); err != nil {
		s.tree.Close()
		return nil, fmt.Errorf("mount %s: %w", path, err)
	}
	go s.worker.run()
	go s.serve()
	raiseReadAhead(path)
	return s, nil
}

func newServer(cfg *Config, path string) *Server {
	s := &Server{
		log: cfg.Log, path: path, writable: cfg.Tree.Writable, owner: ownerFor(cfg),
		recheck: cfg.Tree.RecheckMetadata, closing: make(chan struct{}), ended: make(chan struct{}),
		drainTime: cfg.DrainTimeout,
	}
	s.drain, s.stopDrain = context.WithCancel(context.Background())
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.trouble = newTroubles(s.log)
	if cfg.Tree.Log == nil {
		cfg.Tree.Log = s.log
	}
	below := cfg.Tree.Stats
	cfg.Tree.Stats = func() any { return s.stats(below) }
	return s
}

// options returns how the kernel is spoken to. Requests of 1 MiB cost a third
// of the CPU of those of 128 KiB, which are the default.
func (s *Server) options(cfg *Config) *fs.Options {
	negative := timeoutsFor(s.recheck, time.Now()).negative
	logger := slog.NewLogLogger(s.log.Handler(), slog.LevelInfo)
	o := &fs.Options{
		NegativeTimeout: &negative, // of positive answers each has its own
		NullPermissions: true, Logger: logger, RootStableAttr: &fs.StableAttr{Ino: 1},
	}
	o.MountOptions = fuse.MountOptions{
		FsName: "tsmount", Name: "tsmount", Logger: logger, Debug: cfg.Debug, AllowOther: cfg.AllowOther,
		MaxWrite:                1 << 20,
		DisableSplice:           true, // cannot carry 1 MiB, and gains nothing for data in memory
		MaxBackground:           64,
		MaxInflightRequestBytes: 256 << 20,
		// Pages are dropped by our decision, and by the kernel itself at once
		// when a size changes: the end of the last page would else read as zeros.
		DisabledCapabilities: fuse.CAP_AUTO_INVAL_DATA | fuse.CAP_EXPLICIT_INVAL_DATA,
		DirectMount:          true,
		ExtraCapabilities: fuse.CAP_READDIRPLUS_AUTO | fuse.CAP_HANDLE_KILLPRIV_V2 | fuse.CAP_ASYNC_DIO |
			fuse.CAP_DIRECT_IO_ALLOW_MMAP | fuse.CAP_ATOMIC_O_TRUNC,
		PanicHandler: s.panicked,
	}
	if cfg.AllowOther {
		// Otherwise only the mounter comes in, and opens refuse by themselves what
		// cannot be written: no need to have each directory of a path asked for
		// its bits at every open.
		o.MountOptions.Options = append(o.MountOptions.Options, "default_permissions")
	}
	if !s.writable {
		o.MountOptions.Options = append(o.MountOptions.Options, "ro")
	}
	return o
}

// attach mounts root and serves it. It is fs.Mount without WaitMount: that opens
// a file of the new mount in this very process (law 5), and a signal that ends
// the process at that moment leaves it waiting for itself, beyond SIGKILL. On
// Linux the mount is there when NewServer returns.
func attach(path string, root fs.InodeEmbedder, o *fs.Options) (*fuse.Server, error) {
	server, err := fuse.NewServer(fs.NewNodeFS(root, o), path, &o.MountOptions)
	if err != nil {
		return nil, err
	}
	go server.Serve()
	return server, nil
}

// serve waits for the end of the mount and cleans up behind it.
func (s *Server) serve() {
	s.fuse.Wait()
	s.abandon()
	s.worker.close()
	s.lost = s.Drain()
	s.tree.Close()
	close(s.ended)
}

// Drain stores what was written, as long as DrainTimeout and StopDraining allow,
// and returns what could not be stored, one line each.
func (s *Server) Drain() []string {
	if !s.writable {
		return nil
	}
	ctx, cancel := context.WithTimeout(s.drain, max(s.drainTime, time.Second))
	defer cancel()
	return s.tree.Drain(ctx)
}

// StopDraining makes Drain give up what is not stored yet.
func (s *Server) StopDraining() { s.stopDrain() }

// Lost returns what could not be stored of what was written, when the mount has
// ended.
func (s *Server) Lost() []string {
	<-s.ended
	return s.lost
}

// abandon makes the requests under way give up.
func (s *Server) abandon() { s.giveUp.Do(func() { close(s.closing) }) }

// Path returns the mount point, absolute and without symbolic links.
func (s *Server) Path() string { return s.path }

// Wait returns when the mount has ended, whoever unmounted it.
func (s *Server) Wait() { <-s.ended }

// Ended is closed when the mount has ended.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// unmountPause is the time between two attempts to unmount a busy mount.
const unmountPause = 200 * time.Millisecond

// Unmount takes the mount away and waits for its end. While files are open it
// tries again until ctx is done; then the name is taken away at once, requests
// under way give up, and what is open stays so until it is closed: the error
// wraps ErrBusy.
func (s *Server) Unmount(ctx context.Context) error {
	for {
		err := s.fuse.Unmount()
		select {
		case <-s.ended:
			return nil
		default:
		}
		if err == nil {
			<-s.ended
			return nil
		}
		select {
		case <-s.ended:
			return nil
		case <-ctx.Done():
			return s.detach(err)
		case <-time.After(unmountPause):
		}
	}
}

// ErrBusy says that a mount was detached while files in it were open.
var ErrBusy = errors.New("files are still open")

func (s *Server) detach(why error) error {
	s.abandon()
	if err := detach(s.path); err != nil {
		return fmt.Errorf("unmount %s: %w", s.path, errors.Join(why, err))
	}
	select {
	case <-s.ended:
		return nil
	case <-time.After(unmountPause):
	}
	return fmt.Errorf("unmount %s: %w", s.path, ErrBusy)
}

// Refresh drops what is cached at path, relative to the mount point, and below
// it: in the daemon and in the kernel. Of an array it drops all or nothing. It
// must not be called by what serves the mount.
func (s *Server) Refresh(path string) {
	for _, n := range s.nodes.below(s.tree.Refresh(path)) {
		if f, ok := n.Operations().(*fileNode); ok {
			f.pages.drop()
		}
		s.worker.forget(n)
	}
	s.worker.invalidate(s.worker.root) // it shows the newest of all times
	s.worker.settle()
}

// stats returns what stats.json shows.
func (s *Server) stats(below func() any) any {
	doc := struct {
		Requests map[string]int64 `json:"requests"`
		Errors   map[string]int64 `json:"errors"`
		Nodes    int              `json:"nodes"`
		Cache    any              `json:"cache,omitempty"`
	}{
		Requests: map[string]int64{
			"lookup": s.counts.lookups.Load(), "readdir": s.counts.lists.Load(), "open": s.counts.opens.Load(),
			"read": s.counts.reads.Load(), "read_bytes": s.counts.bytes.Load(),
			"write": s.counts.writes.Load(), "write_bytes": s.counts.writtenBytes.Load(), "flush": s.counts.flushes.Load(),
		},
		Errors: s.trouble.count(), Nodes: s.nodes.count(),
	}
	if below != nil {
		doc.Cache = below()
	}
	return doc
}
