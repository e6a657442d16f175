package memory

import (
	"context"

	"tsmount/internal/strictjson"
	"tsmount/kvstore"
	"tsmount/resources"
)

// KindName is the resource type of stores in memory.
const KindName = "memory_key_value_store"

// Kind returns the resource type whose resource is a *Store. Its definition has
// no members; each resource begins empty.
func Kind() resources.Kind {
	syntax := resources.Syntax[struct{}]{
		Parse: func(v strictjson.Value, _ *resources.Kinds) (none struct{}, err error) {
			o, err := v.Object()
			if err != nil {
				return none, err
			}
			return none, o.Close()
		},
	}
	return resources.NewKind(KindName, syntax, func(*resources.Resolver, struct{}) (*Store, error) {
		return New(), nil
	})
}

// config holds the driver's own member: whether transactions over several keys
// are atomic. There are none here, so that it changes nothing but is kept.
type config struct {
	notAtomic bool
}

// Driver returns the table entry of this store.
func Driver() kvstore.Driver {
	return kvstore.Driver{
		Name:          "memory",
		Schemes:       []string{"memory"},
		Resources:     []string{KindName},
		ParseMembers:  parseMembers,
		FormatMembers: formatMembers,
		Open:          open,
	}
}

func parseMembers(o kvstore.Members, path string) (any, string, error) {
	var c config
	err := o.Optional("atomic", func(v strictjson.Value) error {
		atomic, err := v.Bool()
		c.notAtomic = !atomic
		return err
	})
	return c, path, err
}

func formatMembers(c any, _ bool) map[string]any {
	if c, ok := c.(config); ok && c.notAtomic {
		return map[string]any{"atomic": false}
	}
	return nil
}

func open(_ context.Context, o kvstore.Opening) (kvstore.Store, error) {
	store, err := kvstore.Resource[*Store](o, KindName)
	if err != nil {
		return nil, err
	}
	return kvstore.Prefixed(store, o.Path), nil
}
