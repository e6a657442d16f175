package cache

import (
	"errors"
	"slices"
	"time"

	"tsmount/drivers"
	"tsmount/kvstore"
)

// stage is a dirty chunk as it is being stored.
type stage struct {
	d       *dirty
	buf     *buffer // with a reference; nil: the chunk is deleted
	base    kvstore.Generation
	ifEqual kvstore.Generation
	keep    bool    // store it even if it equals the fill value
	wrote   int64   // what d.wrote was
	enc     []byte  // nil: the chunk is deleted
	room    *buffer // that enc lies in; may be nil
}

// drop gives the memory of a stage back.
func (s *stage) drop() {
	s.buf.drop()
	s.room.drop()
	s.buf, s.room, s.enc = nil, nil, nil
}

// merged reports whether what was stored before is a part of the stage.
func (s *stage) merged() bool { return s.ifEqual != "" && s.ifEqual != kvstore.Absent }

// stage takes what is to be stored now out of d. missing says that what is
// stored must be known first, no older than bound: after somebody else has
// changed it, a reader may still have completed d with what was there before.
func (d *dirty) stage(bound time.Time) (s *stage, missing bool) {
	if !d.lock() {
		return nil, false
	}
	defer d.mu.Unlock()
	schema := d.layout.schema()
	switch {
	case !d.touched: // whoever is about to write to it makes another one
		d.drop()
		return nil, false
	case outside(schema, d.cell):
		d.layout.loseOne(d)
		return nil, false
	}
	s = &stage{d: d, keep: d.keep}
	d.fillBlank()
	switch {
	case d.erased:
		d.touched = false
		return s, false
	case d.mask.full():
	case d.base != "" && !d.based.Before(bound):
		s.ifEqual = d.base
	case (schema.Clipped || !d.exists) && d.coversDomain(schema):
		d.fillGaps(d.room(), nil) // what lies beyond
		if !schema.Clipped {
			d.base, s.ifEqual = kvstore.Absent, kvstore.Absent
		}
	default:
		return nil, true
	}
	d.storing, d.mask = d.mask, nil
	d.touched, d.frozen = false, true
	s.wrote = d.uncount()
	s.buf, s.base = d.buf.keep(), d.base
	return s, false
}

// coversDomain reports whether everything of the chunk that lies in the domain
// has been written. The caller holds d.mu.
func (d *dirty) coversDomain(schema *drivers.Schema) bool {
	a, ok := domainArea(schema, d.cell)
	return ok && d.covers(a)
}

// outside reports whether nothing of a cell lies in the domain: the array has
// shrunk.
func outside(schema *drivers.Schema, cell []int64) bool {
	a, _ := domainArea(schema, cell)
	return slices.Contains(a.shape, 0)
}

// domainArea returns the part of a chunk that lies in the domain; not ok where
// its elements have several components.
func domainArea(schema *drivers.Schema, cell []int64) (a area, ok bool) {
	a = area{shape: make([]int64, len(cell)), strides: schema.ChunkStrides(), elem: int64(schema.DType.Size())}
	box := schema.CellBox(cell)
	for i := range cell {
		lo := max(box.Min[i], schema.Domain.Min[i])
		a.shape[i] = max(0, min(box.Max(i), schema.Domain.Max[i])-lo)
		a.off += (lo - box.Min[i]) * a.strides[i]
	}
	return a, schema.Component.Total == 0
}

// failed takes back what was to be stored.
func (d *dirty) failed(s *stage, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = err
	if d.gone {
		return
	}
	if d.frozen && d.buf == s.buf {
		d.frozen = false
	}
	d.touched = true
	d.count(s.wrote)
	if d.storing != nil && !d.erased {
		if d.mask == nil {
			d.mask = d.storing
		} else {
			d.mask.add(d.storing)
			d.storing.drop()
		}
	}
	d.storing = nil
	if errors.Is(err, kvstore.ErrMismatch) {
		d.base, d.exists = "", true
	}
}

// note remembers why d could not be stored.
func (d *dirty) note(err error) {
	d.mu.Lock()
	d.fault = err
	d.mu.Unlock()
}

// stored notes that a stage is stored: the entry holds it from now on, and d is
// gone unless it has been written to since.
func (d *dirty) stored(s *stage, stamp kvstore.Stamp) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.layout
	l.engine.stores.Add(1)
	l.modified.note(time.Now())
	if s.enc == nil {
		stamp.Generation = kvstore.Absent
	}
	d.fault, d.exists = nil, false
	if d.frozen && d.buf == s.buf {
		d.frozen = false
	}
	value := s.buf
	if s.enc == nil {
		value = nil
	}
	l.chunks.pool.replace(d.entry, value, stamp, s.merged())
	d.storing.drop()
	d.storing = nil
	switch {
	case d.gone:
	case !d.touched:
		d.drop()
	case s.buf != nil && d.base == s.base:
		d.base, d.based = stamp.Generation, stamp.Time
	default:
		d.base = ""
	}
}
