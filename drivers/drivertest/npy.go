package drivertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// shapeOf finds the shape in the header of a .npy file.
var shapeOf = regexp.MustCompile(`'shape': \(([0-9, ]*)\)`)

// readNpy returns the elements of a .npy file in C order (NumPy, NEP 1) and
// their number.
func readNpy(name string) (data []byte, elements int64, err error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, 0, err
	}
	if len(file) < 12 || !bytes.HasPrefix(file, []byte("\x93NUMPY")) {
		return nil, 0, fmt.Errorf("%s: no .npy file", name)
	}
	n, at := int(binary.LittleEndian.Uint16(file[8:])), 10
	if file[6] > 1 {
		n, at = int(binary.LittleEndian.Uint32(file[8:])), 12
	}
	if len(file) < at+n {
		return nil, 0, fmt.Errorf("%s: header is cut", name)
	}
	header := string(file[at : at+n])
	shape := shapeOf.FindStringSubmatch(header)
	if shape == nil || strings.Contains(header, "'fortran_order': True") || strings.Contains(header, "'>") {
		return nil, 0, errors.New(name + ": expected C order and little-endian elements")
	}
	elements = 1
	for _, extent := range strings.FieldsFunc(shape[1], func(r rune) bool { return r == ',' || r == ' ' }) {
		var x int64
		if _, err := fmt.Sscan(extent, &x); err != nil {
			return nil, 0, err
		}
		elements *= x
	}
	return file[at+n:], elements, nil
}
