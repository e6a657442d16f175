package drivers_test

import (
	"testing"
)

func layout(t testing.TB, doc, want string) {
	t.Helper()
	l := parse(t, `{KV,"schema":{"chunk_layout":`+doc+`}}`).Constraints().Schema.ChunkLayout
	if l == nil {
		if want != "null" {
			t.Errorf("%s: got no layout, want %s", doc, want)
		}
		return
	}
	checkJSON(t, l.JSON(), want)
}

func refuseLayout(t testing.TB, doc, member, text string) {
	t.Helper()
	refuse(t, `{KV,"schema":{"chunk_layout":`+doc+`}}`, "schema.chunk_layout"+member, text)
}

func TestChunkIsShorthandForReadAndWriteAndAspectAlsoForCodec(t *testing.T) {
	layout(t, `{"chunk":{"shape":[5,0],"elements":9}}`,
		`{"read_chunk":{"shape":[5,null],"elements":9},"write_chunk":{"shape":[5,null],"elements":9}}`)
	layout(t, `{"chunk":{"aspect_ratio":[2,1]}}`,
		`{"read_chunk":{"aspect_ratio":[2,1]},"write_chunk":{"aspect_ratio":[2,1]},"codec_chunk":{"aspect_ratio":[2,1]}}`)
}

func TestDemandsMustAgreeAndReplacePreferences(t *testing.T) {
	layout(t, `{"write_chunk":{"shape":[5,0]},"chunk":{"shape":[5,6]}}`,
		`{"read_chunk":{"shape":[5,6]},"write_chunk":{"shape":[5,6]}}`)
	layout(t, `{"write_chunk":{"shape_soft_constraint":[7,8]},"chunk":{"shape":[5,null]}}`,
		`{"read_chunk":{"shape":[5,null]},"write_chunk":{"shape":[5,null],"shape_soft_constraint":[null,8]}}`)
	refuseLayout(t, `{"write_chunk":{"shape":[5,4]},"chunk":{"shape":[5,6]}}`, ".write_chunk.shape", "4 for dimension 1 contradicts 6")
	refuseLayout(t, `{"read_chunk":{"elements":4},"chunk":{"elements":6}}`, ".read_chunk.elements", "contradicts")
	refuseLayout(t, `{"read_chunk":{"aspect_ratio":[4]},"chunk":{"aspect_ratio":[6]}}`, ".read_chunk.aspect_ratio", "contradicts")
}

func TestLaterPreferencesDoNotOverrideEarlierOnes(t *testing.T) {
	layout(t, `{"read_chunk":{"shape_soft_constraint":[7,0],"elements_soft_constraint":5},"chunk":{"shape_soft_constraint":[1,2],"elements_soft_constraint":6}}`,
		`{"read_chunk":{"shape_soft_constraint":[1,2],"elements_soft_constraint":6},"write_chunk":{"shape_soft_constraint":[1,2],"elements_soft_constraint":6}}`)
}

func TestWholeExtentIsOnlyEverAPreference(t *testing.T) {
	layout(t, `{"read_chunk":{"shape":[5,-1]}}`, `{"read_chunk":{"shape":[5,null],"shape_soft_constraint":[null,-1]}}`)
}

func TestZeroElementsActAsOneAndNullAsAbsent(t *testing.T) {
	layout(t, `{"read_chunk":{"elements":0}}`, `{"read_chunk":{"elements":1}}`)
	layout(t, `{"read_chunk":{"elements":null,"shape":[0,null],"aspect_ratio":[null,0]}}`, `null`)
}

func TestGridOriginEntriesMayBeFree(t *testing.T) {
	layout(t, `{"grid_origin":[null,3],"grid_origin_soft_constraint":[-1,4]}`, `{"grid_origin":[null,3],"grid_origin_soft_constraint":[-1,null]}`)
	refuseLayout(t, `{"grid_origin":["x"]}`, ".grid_origin[0]", "whole number")
	refuseLayout(t, `{"grid_origin":[4611686018427387904]}`, ".grid_origin[0]", "whole number")
}

func TestInnerOrderIsAPermutation(t *testing.T) {
	layout(t, `{"inner_order":[2,0,1]}`, `{"inner_order":[2,0,1]}`)
	layout(t, `{"inner_order":[0,1],"inner_order_soft_constraint":[1,0]}`, `{"inner_order":[0,1]}`)
	for _, bad := range []string{`[0,0]`, `[1,2]`, `[-1,0]`, `["x"]`} {
		refuseLayout(t, `{"inner_order":`+bad+`}`, ".inner_order", "once")
	}
}

func TestFaultsOfAChunkLayoutNameTheMember(t *testing.T) {
	refuseLayout(t, `{"zz":1}`, ".zz", "unknown")
	refuseLayout(t, `{"chunk":{"zz":1}}`, ".chunk.zz", "unknown")
	refuseLayout(t, `{"chunk":{"shape":[-2,1,1]}}`, ".chunk.shape[0]", "-2")
	refuseLayout(t, `{"chunk":{"elements":-1}}`, ".chunk.elements", "-1")
	refuseLayout(t, `{"chunk":{"aspect_ratio":[-1]}}`, ".chunk.aspect_ratio[0]", "-1")
	refuseLayout(t, `{"chunk":{"aspect_ratio":[1e999]}}`, ".chunk.aspect_ratio[0]", "1e999")
	refuseLayout(t, `[]`, "", "object")
	refuseLayout(t, `{"rank":2,"chunk":{"shape":[1]}}`, ".chunk.shape", "rank 1 does not match rank 2")
}

func TestAllMembersOfASchemaAgreeOnTheRank(t *testing.T) {
	for doc, member := range map[string]string{
		`{"rank":1,"domain":{"rank":2}}`:                                        "schema.domain",
		`{"domain":{"rank":2},"chunk_layout":{"chunk":{"shape":[5]}}}`:          "schema.chunk_layout.chunk.shape",
		`{"domain":{"rank":2},"dimension_units":["nm"]}`:                        "schema.dimension_units",
		`{"chunk_layout":{"inner_order":[0]},"dimension_units":["nm", "nm"]}`:   "schema.dimension_units",
		`{"rank":1,"chunk_layout":{"grid_origin_soft_constraint":[null,null]}}`: "schema.chunk_layout.grid_origin_soft_constraint",
	} {
		refuse(t, `{KV,"schema":`+doc+`}`, member, "does not match rank")
	}
	if c := parse(t, `{KV,"schema":{"dimension_units":["nm",null,3]}}`).Constraints(); c.Rank != 3 {
		t.Errorf("got rank %d, want 3", c.Rank)
	}
}

func TestCodecNamesItsDriver(t *testing.T) {
	checkJSON(t, parse(t, `{KV,"schema":{"codec":{"driver":"zarr2","compressor":null}}}`).Schema.JSON(), `{"codec":{"driver":"zarr2","compressor":null}}`)
	refuse(t, `{KV,"schema":{"codec":{}}}`, "schema.codec.driver", "missing")
	refuse(t, `{KV,"schema":{"codec":{"driver":"x"}}}`, "schema.codec.driver", "unknown driver")
	refuse(t, `{KV,"schema":{"codec":"x"}}`, "schema.codec", "object")
}

func TestFillValueIsRegularAndNoDeeperThanTheArray(t *testing.T) {
	for _, good := range []string{`7`, `"NaN"`, `[1,2]`, `[[1,2],[3,4]]`, `[[[1,2]]]`, `null`} {
		s := parse(t, `{KV,"schema":{"rank":2,"fill_value":`+good+`}}`)
		checkJSON(t, s.Schema.FillValue.Any(), good)
	}
	refuse(t, `{KV,"schema":{"rank":2,"fill_value":[[[1]]]}}`, "schema.fill_value", "dimensions")
	refuse(t, `{KV,"schema":{"fill_value":[[1],[2,3]]}}`, "schema.fill_value[1]", "shape")
}

func TestDomainAndUnitsAreChecked(t *testing.T) {
	refuse(t, `{KV,"schema":{"domain":{"shape":[6,4],"exclusive_max":[6,4]}}}`, "schema.domain.shape", "at most one")
	refuse(t, `{KV,"schema":{"dimension_units":[[1]]}}`, "schema.dimension_units[0]", "unit")
	refuse(t, `{KV,"schema":[]}`, "schema", "object")
}
