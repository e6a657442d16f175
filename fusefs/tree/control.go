package tree

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
	"time"
)

// controlName is the directory of the mount's own files.
const controlName = ".tsmount"

// rootDir is the mount point: what is mounted, and .tsmount beside it, which
// is not listed, so that copying everything does not copy it.
type rootDir struct {
	Dir
	t *Tree
}

var _ Dir = (*rootDir)(nil)

func (d *rootDir) Lookup(ctx context.Context, name string) (Node, error) {
	if name == controlName {
		return &controlDir{d.t}, nil
	}
	return d.Dir.Lookup(ctx, name)
}

// controlDir is MOUNT/.tsmount.
type controlDir struct{ t *Tree }

var _ Dir = (*controlDir)(nil)

// control is what there is in .tsmount.
var control = []struct {
	name   string
	perm   uint32
	render func(*Tree) ([]byte, error)
}{
	{"ready", 0o444, func(*Tree) ([]byte, error) { return []byte("ready\n"), nil }},
	{"config.json", 0o400, renderConfig},
	{"stats.json", 0o444, func(t *Tree) ([]byte, error) { return indented(t.stats()) }},
	{"metrics", 0o444, func(t *Tree) ([]byte, error) { return renderMetrics(t.stats()) }},
}

func (d *controlDir) ID() ID       { return ID{Ino: dirIno(controlName)} }
func (d *controlDir) Path() string { return controlName }

func (d *controlDir) Stat(context.Context) (Stat, error) {
	return Stat{Dir: true, Perm: 0o555, Modified: d.t.cfg.Mounted}, nil
}

func (d *controlDir) Xattrs(context.Context) ([]Xattr, error) { return nil, nil }

func (d *controlDir) Lookup(_ context.Context, name string) (Node, error) {
	for i := range control {
		if control[i].name == name {
			return &controlFile{t: d.t, which: i}, nil
		}
	}
	return nil, notExist(controlName + "/" + name)
}

func (d *controlDir) List(_ context.Context, from int64) iter.Seq2[Entry, error] {
	var list []Entry
	for i := range control {
		list = append(list, fileEntry(controlName, control[i].name))
	}
	return listFixed(list, from)
}

// controlFile is a text about the running mount: open(2) takes a snapshot, stat
// tells the size of one that is at most a second old.
type controlFile struct {
	t     *Tree
	which int

	mu   sync.Mutex // guards last and made
	last *snapshot
	made time.Time
}

var _ File = (*controlFile)(nil)

func (f *controlFile) ID() ID       { return ID{Ino: fileIno(f.Path())} }
func (f *controlFile) Path() string { return controlName + "/" + control[f.which].name }

func (f *controlFile) Xattrs(context.Context) ([]Xattr, error) { return nil, nil }

func (f *controlFile) Stat(context.Context) (Stat, error) {
	f.mu.Lock()
	last, made := f.last, f.made
	f.mu.Unlock()
	if last != nil && time.Since(made) < time.Second {
		return last.stat, nil
	}
	s, err := f.snapshot()
	if err != nil {
		return Stat{}, err
	}
	return s.stat, nil
}

func (f *controlFile) snapshot() (*snapshot, error) {
	now := time.Now()
	text, err := control[f.which].render(f.t)
	if err != nil {
		return nil, err
	}
	s := newSnapshot(text, now, control[f.which].perm)
	s.stat.Volatile, s.stat.Snapshot = true, true
	f.mu.Lock()
	f.last, f.made = s, now
	f.mu.Unlock()
	return s, nil
}

func (f *controlFile) Open(_ context.Context, opt OpenOptions) (Handle, error) {
	if opt.Write {
		return nil, notWritable(f)
	}
	s, err := f.snapshot()
	if err != nil {
		return nil, err
	}
	return s, nil
}

func renderConfig(t *Tree) ([]byte, error) {
	if len(t.cfg.Spec) == 0 {
		return []byte("{}\n"), nil
	}
	return indented(json.RawMessage(t.cfg.Spec))
}

func (t *Tree) stats() any {
	if t.cfg.Stats == nil {
		return struct{}{}
	}
	return t.cfg.Stats()
}
