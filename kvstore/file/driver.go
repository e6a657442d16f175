package file

import (
	"context"

	"tsmount/kvstore"
	"tsmount/resources"
)

// Driver returns the table entry of this store.
func Driver() kvstore.Driver {
	return kvstore.Driver{
		Name:      "file",
		Schemes:   []string{"file"},
		Resources: []string{resources.FileIOConcurrency, resources.FileIOSync, resources.FileIOLocking},
		CheckPath: checkPath,
		ParseURL:  parseURL,
		FormatURL: formatURL,
		Open:      open,
	}
}

func open(_ context.Context, o kvstore.Opening) (kvstore.Store, error) {
	limiter, err := kvstore.Resource[*resources.Limiter](o, resources.FileIOConcurrency)
	if err != nil {
		return nil, err
	}
	sync, err := kvstore.Resource[resources.FileSync](o, resources.FileIOSync)
	if err != nil {
		return nil, err
	}
	locking, err := kvstore.Resource[resources.FileLocking](o, resources.FileIOLocking)
	if err != nil {
		return nil, err
	}
	return New(o.Path, Options{IO: limiter, Sync: bool(sync), Locking: locking})
}
