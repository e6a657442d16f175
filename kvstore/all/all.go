// Package all is the table of the stores that exist. A new store is one line
// here; nothing registers itself.
package all

import (
	"tsmount/kvstore"
	"tsmount/kvstore/file"
	"tsmount/kvstore/http"
	"tsmount/kvstore/memory"
	"tsmount/resources"
)

// Drivers returns the drivers of all stores.
func Drivers() []kvstore.Driver {
	return []kvstore.Driver{
		file.Driver(),
		http.Driver(),
		memory.Driver(),
	}
}

// Table returns the table for kvstore.ParseSpec. arrays are the names and URL
// schemes of the array drivers, for messages.
func Table(arrays ...string) *kvstore.Table {
	return &kvstore.Table{Drivers: Drivers(), Arrays: arrays}
}

// Kinds returns the resource types that stores own, beside resources.Standard.
func Kinds() []resources.Kind {
	return []resources.Kind{memory.Kind()}
}
