package integration

import (
	"testing"
	"time"
)

// A row says what a reader sees after a change of the given kind, for bounds
// that look again always, at an open, or never. "" is: nothing is promised.
type row struct {
	kind, reader        string
	always, open, never string
	why                 string
}

// truth is the table of the promises about freshness. Within a kind its rows are
// read from top to bottom, through one mount: those before "stat" come before
// anybody asks for anything newer.
var truth = []row{
	{"data", "kept fd", "new", "old", "old", "each read(2) looks again; the file was opened before; never again"},
	{"data", "kept npy", "new", "old", "old", "one array, one rule: the format makes no difference"},
	{"data", "kept mapping, read before", "", "old", "old", "a page stays as it is; nothing drops it before an open"},
	{"data", "kept mapping, read now", "new", "", "old", "a page is as fresh as a read at its first touch; with open: any state since the open"},
	{"data", "new open", "new", "new", "old", "the change was stored before the open"},
	{"data", "new mapping", "new", "new", "old", "pages of the time before are dropped at the open"},
	{"data", "new npy", "new", "new", "old", "the other format shares what the open has found"},
	{"data", "kept fd, last", "new", "", "old", "with open: old or new, since somebody has asked for newer"},
	{"data", "mtime", "new", "new", "old", "what was read tells when it was stored; attributes are not looked at again with false"},

	{"shape", "kept fd", "new", "old", "old", "a file grows and shrinks with its array; with open it is what was opened"},
	{"shape", "kept npy", "new", "old", "old", "header and size belong together"},
	{"shape", "stat", "new", "new", "old", "sizes are looked at always; within a second; never"},
	{"shape", "readdir", "new", "new", "old", "opendir looks again"},
	{"shape", "new open", "new", "new", "old", "the change was stored before the open"},
	{"shape", "new mapping", "new", "new", "old", "the pages are those of the new size"},
	{"shape", "new npy", "new", "new", "old", "the header tells the new shape"},
	{"shape", "kept fd, last", "new", "", "old", "with open: old or new, since somebody has asked for newer"},
	{"shape", "mtime", "new", "new", "old", "the document tells when it was stored"},

	{"replaced", "kept fd", "ESTALE", "old", "old", "its bytes would mean something else now"},
	{"replaced", "kept npy", "ESTALE", "old", "old", "the same in every format"},
	{"replaced", "kept mapping, read before", "", "old", "old", "a page stays as it is"},
	{"replaced", "kept mapping, read now", "SIGBUS", "", "old", "ESTALE, as a mapping can tell it"},
	{"replaced", "stat", "new", "new", "old", "a new lookup finds the new array"},
	{"replaced", "readdir", "new", "new", "old", "the slices are those of the new array"},
	{"replaced", "new open", "new", "new", "old", "a new lookup finds the new array"},
	{"replaced", "new mapping", "new", "new", "old", "the inode is another one: no page is shared"},
	{"replaced", "new npy", "new", "new", "old", "in every format"},
	{"replaced", "kept fd, last", "ESTALE", "ESTALE", "old", "somebody has found the new array: the old one cannot be read"},
	{"replaced", "mtime", "new", "new", "old", "the new array is newer"},

	{"gone", "kept fd", "ESTALE", "old", "old", "what was deleted is never taken for missing chunks"},
	{"gone", "kept npy", "ESTALE", "old", "old", "in every format"},
	{"gone", "kept mapping, read now", "SIGBUS", "", "old", "ESTALE, as a mapping can tell it"},
	{"gone", "stat", "ENOENT", "ENOENT", "old", "names are looked up always; within a second; never"},
	{"gone", "readdir", "ENOENT", "ENOENT", "old", "the directory is no more"},
	{"gone", "new open", "ENOENT", "ENOENT", "old", "the name is no more"},
	{"gone", "new mapping", "ENOENT", "ENOENT", "old", "the name is no more"},
	{"gone", "new npy", "ENOENT", "ENOENT", "old", "in every format"},
	{"gone", "kept fd, last", "ESTALE", "ESTALE", "old", "somebody has found that it is gone"},

	{"attributes", "kept fd", "old", "old", "old", "a text is what it was when it was opened"},
	{"attributes", "stat", "new", "new", "old", "sizes are looked at always; within a second; never"},
	{"attributes", "new open", "new", "new", "old", "the change was stored before the open"},
	{"attributes", "mtime", "new", "new", "old", "the document tells when it was stored"},
}

// expected returns what the row promises under a bound.
func (r *row) expected(bound string) string {
	switch bound {
	case "true", "a time to come":
		return r.always
	case "open":
		return r.open
	}
	return r.never
}

// freshBounds are the bounds of the table, as they are written in a spec.
func freshBounds() map[string]any {
	now := float64(time.Now().Unix())
	return map[string]any{"true": true, "open": "open", "false": false, "a time gone by": now - 1000, "a time to come": now + 1000}
}

// TestFreshness compares every change, seen by every reader under every bound,
// with the table.
func TestFreshness(t *testing.T) {
	for bound, value := range freshBounds() {
		t.Run(bound, func(t *testing.T) { compareWithTable(t, bound, value) })
	}
}

// TestFreshnessOnOneProcessor is TestFreshness with a program that may use one
// processor only.
func TestFreshnessOnOneProcessor(t *testing.T) {
	t.Setenv("GOMAXPROCS", "1")
	TestFreshness(t)
}

func compareWithTable(t *testing.T, bound string, value any) {
	top := folder(t, "fresh")
	list := subjects(t, top)
	m := start(t, folderSpec(top, recheck(value, value)))
	var all []*freshReaders
	for _, s := range list {
		all = append(all, look(t, m, s))
	}
	before := names(t, m.at)
	for _, s := range list {
		s.apply()
	}
	storeDataset(t, top+"/newcomer", plainVolume)
	for _, r := range all {
		for i := range truth {
			if truth[i].kind == r.kind {
				r.compare(t, bound, &truth[i])
			}
		}
	}
	compareListing(t, m, bound, before)
}

// compare looks through one reader. Only stat with "open" may take its time.
func (r *freshReaders) compare(t *testing.T, bound string, w *row) {
	t.Helper()
	want := w.expected(bound)
	if want == "" {
		return
	}
	if bound == "open" && w.reader == "stat" {
		eventually(t, r.change+": stat tells "+want, func() bool { return r.see(t, w.reader) == want })
		return
	}
	got := r.see(t, w.reader)
	if got == "new" && w.reader == "readdir" && r.slices[0] == r.slices[1] {
		got = want // there is no difference to be seen
	}
	if got == "new" && w.reader == "stat" && len(r.old) == len(r.new) {
		got = want
	}
	if got != want {
		t.Errorf("%s, %s: got %s, want %s: %s", r.change, w.reader, got, want, w.why)
	}
}

// compareListing expects that a folder shows the array that came and not the one
// that went, unless names are never looked at again.
func compareListing(t *testing.T, m *mount, bound string, before []string) {
	t.Helper()
	want := before
	if bound != "false" && bound != "a time gone by" {
		want = nil
		for _, name := range before {
			if name != "deleted" {
				want = append(want, name)
			}
			if name == "made again alike" {
				want = append(want, "newcomer")
			}
		}
	}
	expectNames(t, m.at, want...)
}
