#include "textflag.h"

// The loop below decodes LZ4 sequences while at least 48 bytes are left of the
// input and 64 of the output after what a sequence needs. It copies 32 bytes
// at a time, and so reads and writes up to that much too far. A sequence that
// it does not like - lengths of 270 and more, a distance of 0 or to before the
// output, too near to an end - it leaves undone, for the caller to judge.
//
// R8  last place where a copy may end    R11 start of the output
// R9  last place where a token may be    R14 tiles
// DI, SI output and input; R13, R12 the same at the start of the sequence
// BX  match length, AX literal length, then the end of the match
// DX  distance, CX start of the match

// func lz4SequencesAVX2(dst, src []byte, op, ip int, tiles *lz4TileTable) (int, int)
TEXT ·lz4SequencesAVX2(SB), NOSPLIT, $0-88
	MOVQ dst_base+0(FP), R11
	MOVQ dst_len+8(FP), R8
	LEAQ -64(R11)(R8*1), R8
	MOVQ src_base+24(FP), R10
	MOVQ src_len+32(FP), R9
	LEAQ -48(R10)(R9*1), R9
	MOVQ op+48(FP), DI
	ADDQ R11, DI
	MOVQ ip+56(FP), SI
	ADDQ R10, SI
	MOVQ tiles+64(FP), R14

sequence:
	MOVQ    DI, R13
	MOVQ    SI, R12
	CMPQ    SI, R9
	JA      done
	CMPQ    DI, R8
	JA      done
	MOVBLZX (SI), AX
	INCQ    SI
	MOVL    AX, BX
	SHRL    $4, AX
	ANDL    $15, BX
	VMOVDQU (SI), Y0
	VMOVDQU Y0, (DI)
	CMPL    AX, $15
	JEQ     literals
	ADDQ    AX, SI
	ADDQ    AX, DI

match:
	// The byte after the distance belongs to the length only if BX is 15.
	MOVWLZX (SI), DX
	MOVBLZX 2(SI), CX
	ADDQ    $2, SI
	ADDL    $15, CX
	XORL    R10, R10
	CMPL    BX, $15
	CMOVLEQ CX, BX
	SETEQ   R10
	ADDQ    R10, SI
	LEAQ    4(DI)(BX*1), AX
	MOVQ    DI, CX
	SUBQ    DX, CX
	CMPL    BX, $270
	JEQ     undo
	CMPQ    AX, R8
	JA      undo
	CMPQ    CX, R11
	JB      undo
	CMPL    DX, $32
	JB      near

far:
	VMOVDQU (CX), Y0
	VMOVDQU Y0, (DI)
	ADDQ    $32, CX
	ADDQ    $32, DI
	CMPQ    DI, AX
	JB      far
	MOVQ    AX, DI
	JMP     sequence

near:
	CMPL    DX, $16
	JB      tile
	VMOVDQU (CX), Y0
	VMOVDQU Y0, (DI)

repeat:
	// Of each copy the first DX bytes are right.
	ADDQ    DX, DI
	VMOVDQU Y0, (DI)
	CMPQ    DI, AX
	JB      repeat
	MOVQ    AX, DI
	JMP     sequence

tile:
	TESTL          DX, DX
	JEQ            undo
	VBROADCASTI128 (CX), Y0
	MOVBLZX        512(R14)(DX*1), R10
	SHLL           $5, DX
	VPSHUFB        (R14)(DX*1), Y0, Y0

tiles:
	VMOVDQU Y0, (DI)
	ADDQ    R10, DI
	CMPQ    DI, AX
	JB      tiles
	MOVQ    AX, DI
	JMP     sequence

literals:
	MOVBLZX (SI), CX
	INCQ    SI
	ADDL    CX, AX
	CMPL    CX, $255
	JEQ     undo
	LEAQ    (SI)(AX*1), R10
	LEAQ    (DI)(AX*1), CX
	CMPQ    R10, R9
	JA      undo
	CMPQ    CX, R8
	JA      undo

literal:
	VMOVDQU (SI), Y0
	VMOVDQU Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	CMPQ    DI, CX
	JB      literal
	MOVQ    R10, SI
	MOVQ    CX, DI
	JMP     match

undo:
	MOVQ R13, DI
	MOVQ R12, SI

done:
	SUBQ R11, DI
	MOVQ DI, ret+72(FP)
	SUBQ src_base+24(FP), SI
	MOVQ SI, ret1+80(FP)
	VZEROUPPER
	RET
