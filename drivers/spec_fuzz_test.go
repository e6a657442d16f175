package drivers_test

import (
	"testing"

	"tsmount/drivers"
	"tsmount/internal/strictjson"
)

func FuzzSpec(f *testing.F) {
	for _, c := range []string{
		`{"driver":"zarr","kvstore":"memory://a","schema":{"domain":{"shape":[1,2]},"chunk_layout":{"chunk":{"shape":[1,-1]}},"dimension_units":["4 nm",null]}}`,
		`{"driver":"memory","path":"a"}`, `"memory://a|zarr2:b"`, `{"kvstore":{"driver":"file","path":"/x"},"path":"y","open":true,"create":true}`,
		`{"driver":"n5","kvstore":"memory://a","transform":{"input_shape":[2],"output":[{"index_array":[1,2]}]},"rank":1,"recheck_cached_data":1e300}`,
	} {
		f.Add([]byte(c))
	}
	tables := fakeTables()
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := strictjson.Parse(data, "")
		if err != nil {
			return
		}
		s, err := drivers.ParseSpec(tables, v)
		if err != nil {
			return
		}
		first := text(t, s.JSON(false))
		again, err := drivers.ParseSpec(tables, value(t, first))
		if err != nil {
			t.Fatalf("%s gives %s, which is refused: %v", data, first, err)
		}
		if second := text(t, again.JSON(false)); first != second {
			t.Fatalf("%s\nfirst  %s\nsecond %s", data, first, second)
		}
		s.URL()
	})
}

func FuzzURL(f *testing.F) {
	for _, url := range []string{"file:///a%20b/|zarr2:c", "memory://a|auto:", "memory://|n5:/x//y", "|", "zarr2:", "memory://a|zarr3:%ff"} {
		f.Add(url)
	}
	tables := fakeTables()
	f.Fuzz(func(t *testing.T, url string) {
		s, err := drivers.ParseURL(tables, url)
		if err != nil {
			return
		}
		canonical, err := s.URL()
		if err != nil {
			t.Fatalf("%q has no canonical form: %v", url, err)
		}
		again, err := drivers.ParseURL(tables, canonical)
		if err != nil || again.KvStore.Path != s.KvStore.Path || again.Driver != s.Driver {
			t.Fatalf("%q: canonical form %q means something else, %v", url, canonical, err)
		}
	})
}
