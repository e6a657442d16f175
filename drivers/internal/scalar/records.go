package scalar

import (
	"tsmount/arrayview"
	"tsmount/drivers"
)

// Field is one field of the elements of a chunk, or all of an element that has
// none.
type Field struct {
	DType  arrayview.DType
	Offset int64 // bytes from the beginning of the element
	Size   int64 // bytes per element
	Big    bool  // stored most significant byte first
	Shown  bool  // in views: bools are checked for being 0 or 1
}

// Records is how the elements of a chunk lie: stored, one record of fields after
// the other; decoded, all of one field and then all of the next, little-endian,
// small integers sign-extended. Lay makes it; it may then be used concurrently.
type Records struct {
	parts   []part
	stride  int64   // bytes of a record
	bytes   int64   // of the chunk
	Scratch Scratch // for its user, too
}

// part is one field of all elements of a chunk.
type part struct {
	Field
	at, end int64 // bytes of the decoded chunk
}

func (p *part) isBool() bool { return p.Shown && p.DType == arrayview.Bool }

// Unpacker undoes all but the layout: dst gets the stored elements of enc.
type Unpacker interface {
	Unpack(dst, enc []byte) error
}

// Lay lays out a chunk of n elements of stride bytes.
func (r *Records) Lay(fields []Field, stride, n int64) {
	r.stride, r.bytes = stride, stride*n
	at := int64(0)
	for _, f := range fields {
		p := part{Field: f, at: at, end: at + f.Size*n}
		r.parts, at = append(r.parts, p), p.end
	}
}

// Describe sets the component of s, which is the field shown, of that name, and
// if there are others the fill values of all. fill returns those of a field.
func (r *Records) Describe(s *drivers.Schema, name string, fill func(field int) []byte) {
	for i := range r.parts {
		if p := &r.parts[i]; p.Shown {
			s.Component = drivers.Component{Name: name, Offset: p.at}
		}
	}
	if len(r.parts) == 1 {
		return
	}
	s.Component.Total = r.bytes
	for i := range r.parts {
		s.FillParts = append(s.FillParts, drivers.FillPart{End: r.parts[i].end, Fill: fill(i)})
	}
}

// Verbatim reports whether a decoded chunk is always the stored one.
func (r *Records) Verbatim() bool {
	p := &r.parts[0]
	return len(r.parts) == 1 && !p.isBool() && !p.changed(nil)
}

// Decode makes the decoded chunk of a stored one.
func (r *Records) Decode(dst, enc []byte, u Unpacker) error {
	if len(r.parts) == 1 {
		if err := u.Unpack(dst, enc); err != nil {
			return err
		}
	} else {
		buf := r.Scratch.Get(r.bytes)
		defer r.Scratch.Put(buf)
		if err := u.Unpack(*buf, enc); err != nil {
			return err
		}
		for i := range r.parts {
			p := &r.parts[i]
			Gather(dst[p.at:p.end], (*buf)[p.Offset:], p.Size, r.stride)
		}
	}
	for i := range r.parts {
		if err := r.parts[i].decode(dst); err != nil {
			return err
		}
	}
	return nil
}

// decode makes decoded elements of the part's bytes, in place.
func (p *part) decode(chunk []byte) error {
	b := chunk[p.at:p.end]
	if p.isBool() {
		return CheckBool(b)
	}
	if p.Big {
		Swap(b, p.DType)
	}
	SignExtend(b, p.DType)
	return nil
}

// Stored returns the stored form of a decoded chunk in memory to be given back
// with Scratch.Put, or nil if it is the chunk itself.
func (r *Records) Stored(chunk []byte) *[]byte {
	if len(r.parts) == 1 && !r.parts[0].changed(chunk) {
		return nil
	}
	buf := r.Scratch.Get(r.bytes)
	if len(r.parts) == 1 {
		copy(*buf, chunk)
		r.parts[0].encode(*buf)
		return buf
	}
	for i := range r.parts {
		p := &r.parts[i]
		b := chunk[p.at:p.end]
		if p.changed(b) {
			fixed := r.Scratch.Get(p.end - p.at)
			defer r.Scratch.Put(fixed)
			copy(*fixed, b)
			p.encode(*fixed)
			b = *fixed
		}
		Scatter((*buf)[p.Offset:], b, p.Size, r.stride)
	}
	return buf
}

// changed reports whether encode would change decoded elements.
func (p *part) changed(b []byte) bool {
	return p.Big && p.DType.PartSize() > 1 || Narrow(p.DType) || p.isBool() && FirstBadBool(b) >= 0
}

// encode is the inverse of decode. A bool that is neither 0 nor 1 is stored as 1,
// as in NumPy: other programs could not read it otherwise.
func (p *part) encode(b []byte) {
	if p.isBool() {
		for i, x := range b {
			b[i] = min(x, 1)
		}
		return
	}
	SignExtend(b, p.DType)
	if p.Big {
		Swap(b, p.DType)
	}
}
