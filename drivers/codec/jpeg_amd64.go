package codec

// idctAVX2 writes 8 rows of 8 samples and checks nothing.
//
//go:noescape
func idctAVX2(dst *byte, stride int, block *[64]int32)

// idctFast is idct where the processor can do all columns at once.
func idctFast(dst []byte, stride int, block *[64]int32) bool {
	if !hasAVX2 {
		return false
	}
	_ = dst[7*stride+7]
	idctAVX2(&dst[0], stride, block)
	return true
}
