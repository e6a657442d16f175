package precomputed

import (
	"testing"

	"tsmount/drivers/drivertest"
)

func TestGoldenArrays(t *testing.T) { drivertest.Run(t, Format{}) }

func FuzzInfo(f *testing.F) { drivertest.FuzzParse(f, Format{}, "testdata") }

func FuzzDecode(f *testing.F) { drivertest.FuzzDecode(f, Format{}, "testdata") }
