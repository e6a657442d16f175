// Package scalar is what array formats have in common about single elements:
// their JSON forms, the bits of the small floating-point types, byte order, and
// elements that lie apart in records.
//
// A decoded element is little-endian; int2 and int4 are sign-extended bytes.
package scalar
