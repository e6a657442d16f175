// Package all is the table of the array formats that exist. It is explicit:
// nothing registers itself, and the order decides in which order formats are
// looked for in a folder.
package all

import (
	"tsmount/drivers"
	"tsmount/drivers/n5"
	"tsmount/drivers/precomputed"
	"tsmount/drivers/zarr"
	"tsmount/drivers/zarr3"
)

// Formats returns all formats.
func Formats() []drivers.Format {
	return []drivers.Format{
		zarr.Format{},
		n5.Format{},
		zarr3.Format{},
		precomputed.Format{},
	}
}
