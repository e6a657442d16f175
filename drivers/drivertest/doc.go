// Package drivertest is the suite that every array format passes: data that
// other programs wrote, with the elements that must be read from it, and what
// happens to those data when they are damaged.
//
//	func TestGolden(t *testing.T) { drivertest.Run(t, zarr.Format{}) }
//	func FuzzParse(f *testing.F)  { drivertest.FuzzParse(f, zarr.Format{}, "testdata") }
//	func FuzzDecode(f *testing.F) { drivertest.FuzzDecode(f, zarr.Format{}, "testdata") }
//
// Run walks the golden fixtures, which lie in shared/fixtures beside the
// repository; without them it skips. The fuzz targets are seeded from small
// arrays in the format's own testdata, one folder each.
//
// The suite never names a format. Cases belong to a format by its Name; what a
// spec says beside dtype, rank and the format's own members is not tested here.
package drivertest
