package lint

// A room is a package and the floor it is on. A package imports only from
// floors below its own.
type room struct {
	path  string // below the module
	floor int
	what  string
}

// rooms is the house, ground floor first. docs/ARCHITECTURE.md draws it.
var rooms = []room{
	{"internal/strictjson", 0, "JSON read member by member"},
	{"internal/lint", 0, "these tests"},
	{"resources", 1, "what arrays share: pools, limits, credentials"},
	{"arrayview", 1, "geometry; knows no stored bytes and no files"},
	{"arrayview/format", 2, "a view as a file; knows no FUSE and no cache"},
	{"arrayview/format/formattest", 3, "the suite of file formats"},
	{"drivers/codec", 2, "bytes to bytes; knows no arrays"},
	{"kvstore", 2, "keys to values; knows no arrays"},
	{"kvstore/memory", 3, "a store"},
	{"kvstore/file", 3, "a store"},
	{"kvstore/http", 3, "a store"},
	{"kvstore/faulty", 3, "a store that fails on request"},
	{"kvstore/shard", 3, "the chunks inside shard files as a store"},
	{"kvstore/kvstoretest", 4, "the suite of stores"},
	{"kvstore/all", 4, "the table of stores"},
	{"drivers", 5, "what an array format is; no I/O, no locks, no clock"},
	{"drivers/internal/document", 6, "what the parsers of documents share"},
	{"drivers/internal/scalar", 6, "elements as JSON and as stored bytes"},
	{"drivers/internal/ome", 6, "OME-Zarr attributes"},
	{"drivers/zarr", 7, "an array format"},
	{"drivers/zarr3", 7, "an array format"},
	{"drivers/n5", 7, "an array format"},
	{"drivers/precomputed", 7, "an array format"},
	{"drivers/drivertest", 8, "the suite of array formats"},
	{"drivers/all", 8, "the table of array formats"},
	{"cache", 9, "the array engine; knows no files and no FUSE"},
	{"fusefs/tree", 10, "names to directories and files; works without a kernel"},
	{"fusefs", 11, "the tree as the kernel sees it"},
	{"cmd/tsmount", 12, "the command"},
	{"integration", 13, "tests through a real mount"},
}

// A privilege is an import from outside that few packages may have.
type privilege struct {
	prefix string   // of the import path
	only   []string // packages, or folders ending in "/"
	tests  bool     // tests may import it anywhere
	why    string
}

var privileges = []privilege{
	{"github.com/hanwen/go-fuse", []string{"fusefs", "integration"}, false, "only fusefs speaks to the kernel, so that everything else is tested without one"},
	{"github.com/hashicorp/golang-lru", []string{"cache"}, false, "bytes are bounded in one place, cache/pool.go"},
	{"github.com/spf13", []string{"cmd/tsmount"}, false, "flags belong to the command"},
	{"github.com/klauspost", []string{"drivers/codec"}, true, "codecs live in one room, where their output is bounded"},
	{"net/http", []string{"kvstore/"}, true, "above kvstore nobody names an HTTP status: stores turn it into the errors of kvstore"},
	{"testing", []string{"arrayview/format/formattest", "kvstore/kvstoretest", "drivers/drivertest"}, true, "test code does not ship"},
}

// pure packages compute: what they return depends on their arguments only.
var pure = []string{"arrayview", "arrayview/format", "drivers/codec", "drivers", "drivers/zarr", "drivers/zarr3", "drivers/n5", "drivers/precomputed"}

// impure is what they must not import: no I/O and no goroutines' business.
var impure = map[string]string{
	"os":      "it does no I/O",
	"net":     "it does no I/O",
	"context": "it never waits",
}

// errnoRooms are the packages and files that may name an errno.
var errnoRooms = []string{"kvstore/", "fusefs/errno.go"}

const (
	maxFileLines     = 600
	maxFunctionLines = 80
)
