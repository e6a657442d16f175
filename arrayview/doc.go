// Package arrayview is the geometry of arrays: domains, boxes, transforms, the
// selection grammar of at/, data types and the one strided copy. It is pure: no
// I/O, no locks, no knowledge of stored bytes or files.
//
// Words, as TensorStore uses them:
//
//   - A domain is a box of indices with labels; each bound is explicit (a
//     promise) or implicit (the current value, which may follow the store).
//   - A transform maps the indices of its input domain (what the user sees) to
//     output indices (those of the array as it is stored).
//   - An order lists dimensions from slowest to fastest varying: [0 1 2] is C
//     order, [2 1 0] Fortran order.
//
// Laws: every product and sum of sizes that come from outside is checked for
// overflow before it is used; no function allocates memory that follows a size
// or an index in its input, apart from the arrays that the input itself holds.
package arrayview
