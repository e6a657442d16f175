package integration

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgramsWrite lets the programs that users have write through the mount.
// After each, the mount and what is stored are compared.
func TestProgramsWrite(t *testing.T) {
	for _, kind := range []string{"zarr3 sharded", "precomputed"} {
		t.Run(kind, func(t *testing.T) {
			a := makeTarget(t, kind, []int64{40, 50, 60}, []int64{16, 20, 25}, 0)
			p := &programs{t: t, a: a, m: writable(t, a.spec()), dir: folder(t, "programs")}
			for name, run := range map[string]func(){
				"cp": p.cp, "cp --sparse": p.cpSparse, "cat": p.cat, "dd": p.dd, "dd odd blocks": p.ddOdd, "dd seek": p.ddSeek,
				"rsync": p.rsync, "truncate": p.truncate, "slices": p.cpSlices, "tar": p.tar, "python": p.python,
			} {
				t.Run(name, func(t *testing.T) {
					p.t, p.m.t = t, t
					run()
					expect(t, "through the mount", readFile(t, p.m.path("array.raw")), p.content)
					expect(t, "what is stored", readFile(t, start(t, a.spec()).path("array.raw")), p.content)
				})
				p.t, p.m.t = t, t
			}
		})
	}
}

// programs runs programs on a mount. content is what array.raw must hold.
type programs struct {
	t       *testing.T
	a       *target
	m       *mount
	dir     string
	content []byte
	runs    int
}

// source makes a file with a new content for the array.
func (p *programs) source() (name string) {
	p.t.Helper()
	p.runs++
	p.content = noise(p.runs, len(p.a.data))
	name = filepath.Join(p.dir, fmt.Sprint("source", p.runs))
	p.save(name, p.content)
	return name
}

func (p *programs) save(name string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *programs) cp() { tool(p.t, "cp", p.source(), p.m.path("array.raw")) }

// cpSparse copies a file with holes, which cp does not write: they are the fill
// value, which is 0.
func (p *programs) cpSparse() {
	p.cp()
	name := p.source()
	clear(p.content[10_000:150_001])
	p.save(name, p.content)
	tool(p.t, "cp", "--sparse=always", name, p.m.path("array.raw"))
}

func (p *programs) cat() {
	tool(p.t, "sh", "-c", "cat \"$0\" > \"$1\"", p.source(), p.m.path("array.raw"))
}

func (p *programs) dd() {
	tool(p.t, "dd", "if="+p.source(), "of="+p.m.path("array.raw"), "bs=64k", "conv=notrunc", "status=none")
}

func (p *programs) ddOdd() {
	tool(p.t, "dd", "if="+p.source(), "of="+p.m.path("array.raw"), "bs=4099", "conv=notrunc,fsync", "status=none")
}

// ddSeek replaces a part in the middle.
func (p *programs) ddSeek() {
	p.cp()
	name := filepath.Join(p.dir, "part")
	part := noise(77, 7*1111)
	p.save(name, part)
	tool(p.t, "dd", "if="+name, "of="+p.m.path("array.raw"), "bs=1111", "seek=13", "conv=notrunc,fdatasync", "status=none")
	copy(p.content[13*1111:], part)
}

// rsync writes only what differs, without a temporary file and without times.
func (p *programs) rsync() {
	p.cp()
	name := filepath.Join(p.dir, fmt.Sprint("source", p.runs))
	copy(p.content[100_000:], "changed by rsync")
	p.save(name, p.content)
	for _, more := range []string{"--no-whole-file", "--whole-file"} {
		tool(p.t, "rsync", "--inplace", "--no-times", "--ignore-times", more, name, p.m.path("array.raw"))
	}
}

// truncate makes everything fill with a shell's redirection, and sets the size
// that the file has.
func (p *programs) truncate() {
	p.cp()
	tool(p.t, "sh", "-c", ": > \"$0\"", p.m.path("array.raw"))
	p.content = make([]byte, len(p.content))
	tool(p.t, "truncate", "-s", fmt.Sprint(len(p.content)), p.m.path("array.raw"))
	expect(p.t, "after : > array.raw", readFile(p.t, p.m.path("array.raw")), p.content)
	for cell := range p.a.cells() {
		if path := p.a.key(cell); path != "" {
			expectMissing(p.t, path)
		}
	}
}

// cpSlices copies one slice after the other, as npy files.
func (p *programs) cpSlices() {
	from := filepath.Join(p.dir, "npy")
	tool(p.t, "cp", p.source(), p.m.path("array.raw"))
	tool(p.t, "cp", "-r", p.m.path("slices/2"), from)
	tool(p.t, "sh", "-c", ": > \"$0\"", p.m.path("array.raw"))
	tool(p.t, "sh", "-c", "cp \"$0\"/*.npy \"$1\"", from, p.m.path("slices/2"))
	if err := os.RemoveAll(from); err != nil {
		p.t.Fatal(err)
	}
}

// tar extracts into files that are there already: it must not remove them.
func (p *programs) tar() {
	name := p.source()
	if err := os.Rename(name, filepath.Join(p.dir, "array.raw")); err != nil {
		p.t.Fatal(err)
	}
	tool(p.t, "tar", "-cf", name+".tar", "-C", p.dir, "array.raw")
	tool(p.t, "sh", "-c", "tar -xOf \"$0\" array.raw | tee \"$1\" > /dev/null", name+".tar", p.m.path("array.raw"))
}

// python writes as NumPy programs do, where the array has their order.
func (p *programs) python() {
	py := python(p.t, "numpy")
	p.cp()
	if p.a.order == "F" {
		return
	}
	out := filepath.Join(p.dir, "numpy")
	shape := strings.Trim(strings.ReplaceAll(fmt.Sprint(p.a.shape), " ", ","), "[]")
	tool(p.t, py, "testdata/numpy_writes.py", p.m.at, out, shape)
	p.content = readFile(p.t, out)
	if bytes.Count(p.content, []byte{0}) == len(p.content) {
		p.t.Error("nothing was written")
	}
}
