package tree

import (
	"context"
	_ "embed"
	"iter"

	"tsmount/arrayview"
)

// readme explains the grammar of at/.
//
//go:embed at_readme.txt
var readme []byte

// atDir is D/at: cutouts by name. It lists only an explanation.
type atDir struct{ place }

var _ Dir = (*atDir)(nil)

func (d *atDir) ID() ID       { return ID{Ino: dirIno(d.Path())} }
func (d *atDir) Path() string { return join(d.path, "at") }

func (d *atDir) Stat(ctx context.Context) (Stat, error)      { return d.statDir(ctx) }
func (d *atDir) Xattrs(ctx context.Context) ([]Xattr, error) { return d.xattrs(ctx, nil) }

func (d *atDir) Lookup(ctx context.Context, name string) (Node, error) {
	if name == "README.txt" {
		return d.generated("at/"+name, renderReadme), nil
	}
	v, err := d.view(ctx, inside)
	if err != nil {
		return nil, err
	}
	defer v.release()
	if expr, f, ok := splitName(name); ok {
		return d.lookupCutout(v, expr, f.Ext())
	}
	s, err := arrayview.ParseSelection(name, v.named())
	if err != nil {
		return nil, err
	}
	canonical := s.String()
	in, err := d.inside(cutPart(canonical), "at/"+name, "at/"+canonical)
	if err != nil {
		return nil, err
	}
	return &arrayDir{in}, nil
}

func (d *atDir) lookupCutout(v *view, expr, ext string) (Node, error) {
	s, err := arrayview.ParseSelection(expr, v.named())
	if err != nil {
		return nil, err
	}
	canonical := s.String()
	return d.file(v, cutPart(canonical), "at/"+canonical+"."+ext, formatOf(ext))
}

func (d *atDir) List(_ context.Context, from int64) iter.Seq2[Entry, error] {
	return listFixed([]Entry{{Name: "README.txt", Ino: fileIno(join(d.canonical, "at/README.txt"))}}, from)
}

func renderReadme(*view, *place) ([]byte, error) { return readme, nil }

// cutPart is a selection in its one spelling.
type cutPart string

func (p cutPart) of(v *view) (*arrayview.Selection, error) {
	return arrayview.ParseSelection(string(p), v.named())
}
