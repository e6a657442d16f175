package tree

import (
	"context"
	"iter"
	"strconv"
	"strings"

	"tsmount/arrayview"
)

// slicesDir is D/slices: one directory per dimension.
type slicesDir struct{ place }

var _ Dir = (*slicesDir)(nil)

func (d *slicesDir) ID() ID       { return ID{Ino: dirIno(d.Path())} }
func (d *slicesDir) Path() string { return join(d.path, "slices") }

func (d *slicesDir) Stat(ctx context.Context) (Stat, error)      { return d.statDir(ctx) }
func (d *slicesDir) Xattrs(ctx context.Context) ([]Xattr, error) { return d.xattrs(ctx, nil) }

func (d *slicesDir) Lookup(ctx context.Context, name string) (Node, error) {
	v, err := d.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	if findDim(v, name) < 0 {
		return nil, notExist(name)
	}
	return &sliceDim{d.place, name}, nil
}

func (d *slicesDir) List(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		v, err := d.view(ctx, begins)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		list := make([]Entry, v.rank())
		for i := range list {
			list[i] = dirEntry(d.Path(), dimName(v.domain(), i))
		}
		v.release()
		listFixed(list, from)(yield)
	}
}

// dimName returns the name of a dimension's directory: its label, or its number
// when it has none or one that cannot be a name.
func dimName(d *arrayview.Domain, dim int) string {
	if label := d.Labels[dim]; usable(d, label) {
		return label
	}
	return strconv.Itoa(dim)
}

// usable reports whether a label can stand as a name beside the others.
func usable(d *arrayview.Domain, label string) bool {
	if label == "" || label == "." || label == ".." || len(label) > 255 || strings.ContainsAny(label, "/\x00") {
		return false
	}
	n, err := strconv.Atoi(label)
	return err != nil || n < 0 || n >= d.Rank() || d.Labels[n] != ""
}

// findDim returns the dimension that a name means, by label or axis first, or
// -1.
func findDim(v *view, name string) int {
	d := v.named()
	if i := d.Dim(name); i >= 0 && usable(&d, name) {
		return i
	}
	n, err := strconv.Atoi(name)
	if err != nil || n < 0 || n >= d.Rank() || strconv.Itoa(n) != name {
		return -1
	}
	return n
}

// sliceDim is D/slices/DIM: one file per index.
type sliceDim struct {
	place
	dim string // as it was spelled
}

var _ Dir = (*sliceDim)(nil)

func (d *sliceDim) ID() ID       { return ID{Ino: dirIno(d.Path())} }
func (d *sliceDim) Path() string { return join(d.path, "slices/"+d.dim) }

func (d *sliceDim) Xattrs(ctx context.Context) ([]Xattr, error) { return d.xattrs(ctx, nil) }

func (d *sliceDim) Stat(ctx context.Context) (Stat, error) {
	v, _, err := d.resolve(ctx, inside)
	if err != nil {
		return Stat{}, err
	}
	defer v.release()
	return Stat{Dir: true, Perm: 0o555, Modified: d.t.modified(v)}, nil
}

// resolve returns the view and the number of the dimension.
func (d *sliceDim) resolve(ctx context.Context, at moment) (*view, int, error) {
	v, err := d.view(ctx, at)
	if err != nil {
		return nil, 0, err
	}
	dim := findDim(v, d.dim)
	if dim < 0 {
		v.release()
		return nil, 0, notExist(d.dim)
	}
	return v, dim, nil
}

func (d *sliceDim) Lookup(ctx context.Context, name string) (Node, error) {
	stem, f, isFile := splitName(name)
	if !isFile {
		stem = name
	}
	index, ok := parseIndex(stem)
	if !ok {
		return nil, notExist(name)
	}
	v, dim, err := d.resolve(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	p := slicePart{dim, index}
	if _, err := p.of(v); err != nil {
		return nil, err
	}
	canonical := "slices/" + dimName(v.domain(), dim) + "/" + newPadding(v.domain(), dim).name(index)
	if isFile {
		return d.file(v, p, canonical+"."+f.Ext(), f)
	}
	in, err := d.inside(p, "slices/"+d.dim+"/"+name, canonical)
	if err != nil {
		return nil, err
	}
	return &arrayDir{in}, nil
}

func (d *sliceDim) List(ctx context.Context, from int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		v, dim, err := d.resolve(ctx, begins)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		list := d.names(v, dim)
		v.release()
		list.yield(from, yield)
	}
}

// sliceNames is the listing of a dimension: everything that names and inode
// numbers follow from.
type sliceNames struct {
	lo, n  int64
	pad    padding
	suffix string
	hash   pathHash // of the canonical directory, with its slash
}

func (d *sliceDim) names(v *view, dim int) sliceNames {
	dom := v.domain()
	list := sliceNames{lo: dom.Min[dim], pad: newPadding(dom, dim)}
	list.hash = hashPath(join(d.canonical, "slices/"+dimName(dom, dim)+"/"))
	if dom.Max[dim] <= dom.Min[dim] {
		return list
	}
	first, err := v.narrow([]part{slicePart{dim, list.lo}})
	if err != nil {
		return list
	}
	if f := d.t.listed(first); f != nil {
		list.n, list.suffix = dom.Max[dim]-list.lo, "."+f.Ext()
	}
	return list
}

func (l *sliceNames) yield(from int64, yield func(Entry, error) bool) {
	var buf [64]byte
	for i := max(0, from); i < l.n; i++ {
		name := string(append(l.pad.append(buf[:0], l.lo+i), l.suffix...))
		if !yield(Entry{Name: name, Ino: l.hash.add(name).ino()}, nil) {
			return
		}
	}
}

// padding writes indices with as many digits as the longest one of a dimension
// has, so that the order of the names is that of the indices.
type padding int

func newPadding(d *arrayview.Domain, dim int) padding {
	lo, hi := d.Min[dim], max(d.Min[dim], d.Max[dim]-1)
	return padding(max(digits(lo), digits(hi)))
}

func digits(n int64) int { return len(strings.TrimPrefix(strconv.FormatInt(n, 10), "-")) }

// append writes the name of index n behind b.
func (p padding) append(b []byte, n int64) []byte {
	magnitude := uint64(n)
	if n < 0 {
		b, magnitude = append(b, '-'), -magnitude
	}
	var text [20]byte
	number := strconv.AppendUint(text[:0], magnitude, 10)
	for range int(p) - len(number) {
		b = append(b, '0')
	}
	return append(b, number...)
}

func (p padding) name(n int64) string { return string(p.append(nil, n)) }

// parseIndex reads an index: decimal digits, at most as many as an int64 has,
// behind an optional minus sign.
func parseIndex(text string) (int64, bool) {
	number := strings.TrimPrefix(text, "-")
	if number == "" || len(number) > 19 || strings.Trim(number, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// slicePart is one index of one dimension.
type slicePart struct {
	dim   int
	index int64
}

func (p slicePart) of(v *view) (*arrayview.Selection, error) {
	if p.dim >= v.rank() {
		return nil, notExist(strconv.FormatInt(p.index, 10))
	}
	return arrayview.IndexSelection(*v.domain(), p.dim, p.index)
}
