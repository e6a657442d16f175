package format

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"tsmount/arrayview"
)

// npy is NumPy's format, version 1.0.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
type npy struct{}

const (
	npyMagic  = "\x93NUMPY"
	npyPrefix = len(npyMagic) + 4 // version and length
	npyAlign  = 64
	// npyGrowth is the width that numpy leaves for the extent that grows when
	// data is appended.
	npyGrowth = 21
)

// Ext returns "npy".
func (npy) Ext() string { return "npy" }

// Layout returns the file that numpy.save writes of the view: in Fortran order
// when the chunks hold the view's dimensions in exactly reversed order.
func (npy) Layout(v View) (Layout, error) {
	descr := npyDescr(v.DType)
	if descr == "" {
		return Layout{}, &Unfit{"npy", fmt.Sprintf("NumPy has no data type for %v", v.DType)}
	}
	order := npyOrder(v)
	header := npyHeader(descr, isFortran(order), v.Shape)
	l, err := newLayout("npy", v, header, order)
	if err == nil {
		l.equivalent = func(h []byte) bool { return npyEquivalent(h, descr, isFortran(order), v.Shape) }
	}
	return l, err
}

// npyOrder returns the order of dimensions in the payload: reversed if the inner
// order is, else that of C.
func npyOrder(v View) []int {
	order := make([]int, len(v.Shape))
	for d := range order {
		order[d] = d
	}
	if isFortran(v.InnerOrder) {
		slices.Reverse(order)
	}
	return order
}

// isFortran reports whether order lists two or more dimensions in exactly
// reversed order.
func isFortran(order []int) bool {
	for k, d := range order {
		if d != len(order)-1-k {
			return false
		}
	}
	return len(order) > 1
}

// npyDescr returns NumPy's type string with its byte order, "" if there is none.
func npyDescr(t arrayview.DType) string {
	name := t.NumPy()
	switch {
	case name == "":
		return ""
	case t.PartSize() == 1:
		return "|" + name
	}
	return "<" + name
}

// npyHeader returns what numpy.save writes before the elements.
func npyHeader(descr string, fortran bool, shape []int64) []byte {
	flag := "False"
	if fortran {
		flag = "True"
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", descr, flag, npyShape(shape))
	if len(shape) > 0 {
		grows := shape[0]
		if fortran {
			grows = shape[len(shape)-1]
		}
		text += strings.Repeat(" ", npyGrowth-len(fmt.Sprint(grows)))
	}
	// NumPy pads by a whole unit where the length is right already.
	pad := npyAlign - (npyPrefix+len(text)+1)%npyAlign
	text += strings.Repeat(" ", pad) + "\n"
	h := append([]byte(npyMagic), 1, 0)
	h = binary.LittleEndian.AppendUint16(h, uint16(len(text)))
	return append(h, text...)
}

// npyShape renders a Python tuple.
func npyShape(shape []int64) string {
	words := make([]string, len(shape))
	for d, n := range shape {
		words[d] = fmt.Sprint(n)
	}
	if len(words) == 1 {
		return "(" + words[0] + ",)"
	}
	return "(" + strings.Join(words, ", ") + ")"
}
