#include "textflag.h"

// func swapAVX2(dst, src *byte, n int, order *[32]byte)
TEXT ·swapAVX2(SB), NOSPLIT, $0-32
	MOVQ    dst+0(FP), DI
	MOVQ    src+8(FP), SI
	MOVQ    n+16(FP), CX
	MOVQ    order+24(FP), AX
	VMOVDQU (AX), Y7
	XORQ    BX, BX
	SUBQ    $128, CX
	JLT     rest

loop:
	VMOVDQU (SI)(BX*1), Y0
	VMOVDQU 32(SI)(BX*1), Y1
	VMOVDQU 64(SI)(BX*1), Y2
	VMOVDQU 96(SI)(BX*1), Y3
	VPSHUFB Y7, Y0, Y0
	VPSHUFB Y7, Y1, Y1
	VPSHUFB Y7, Y2, Y2
	VPSHUFB Y7, Y3, Y3
	VMOVDQU Y0, (DI)(BX*1)
	VMOVDQU Y1, 32(DI)(BX*1)
	VMOVDQU Y2, 64(DI)(BX*1)
	VMOVDQU Y3, 96(DI)(BX*1)
	ADDQ    $128, BX
	CMPQ    BX, CX
	JLE     loop

rest:
	ADDQ $128, CX

one:
	CMPQ    BX, CX
	JGE     done
	VMOVDQU (SI)(BX*1), Y0
	VPSHUFB Y7, Y0, Y0
	VMOVDQU Y0, (DI)(BX*1)
	ADDQ    $32, BX
	JMP     one

done:
	VZEROUPPER
	RET
