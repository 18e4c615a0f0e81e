//go:build linux

package nftables

import (
	"encoding/binary"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// layout is what differs between the IP families: where addresses are in a
// packet and how many 32-bit registers one takes.
type layout struct {
	family  nftables.TableFamily
	address nftables.SetDatatype
	bytes   uint32 // of an address
	source  uint32 // offset in the network header
	dest    uint32
	prefix  netip.Prefix // the addresses of pods
}

// outsideSlots is the first slot of the backends for clients outside the cluster.
const outsideSlots = 1 << 16

func ipv4(pods netip.Prefix) layout {
	return layout{family: nftables.TableFamilyIPv4, address: nftables.TypeIPAddr, bytes: 4, source: 12, dest: 16, prefix: pods.Masked()}
}

func ipv6(pods netip.Prefix) layout {
	return layout{family: nftables.TableFamilyIPv6, address: nftables.TypeIP6Addr, bytes: 16, source: 8, dest: 24, prefix: pods.Masked()}
}

func (l layout) owns(ip netip.Addr) bool { return ip.BitLen() == int(l.bytes)*8 }

// The registers of a lookup: the key is address, protocol, port, and then a
// slot or the client's address; the result is address and port.
func (l layout) keyRegister() uint32      { return unix.NFT_REG32_00 }
func (l layout) protocolRegister() uint32 { return l.keyRegister() + l.bytes/4 }
func (l layout) portRegister() uint32     { return l.protocolRegister() + 1 }
func (l layout) lastRegister() uint32     { return l.portRegister() + 1 }
func (l layout) backendRegister() uint32  { return l.lastRegister() + l.bytes/4 }
func (l layout) backendPort() uint32      { return l.backendRegister() + l.bytes/4 }

// The data types of the sets.
func (l layout) frontendType() nftables.SetDatatype {
	return nftables.MustConcatSetType(l.address, nftables.TypeInetProto, nftables.TypeInetService)
}

func (l layout) slotType() nftables.SetDatatype {
	return nftables.MustConcatSetType(l.address, nftables.TypeInetProto, nftables.TypeInetService, nftables.TypeMark)
}

func (l layout) clientType() nftables.SetDatatype {
	return nftables.MustConcatSetType(l.address, nftables.TypeInetProto, nftables.TypeInetService, l.address)
}

func (l layout) backendType() nftables.SetDatatype {
	return nftables.MustConcatSetType(l.address, nftables.TypeInetService)
}

func (l layout) pairType() nftables.SetDatatype {
	return nftables.MustConcatSetType(l.address, l.address)
}

// frontendKey encodes a frontend as the registers hold it.
func frontendKey(f rules.Frontend) []byte {
	key := append([]byte{}, f.IP.AsSlice()...)
	key = append(key, byte(f.Protocol), 0, 0, 0)
	return append(key, portBytes(f.Port)...)
}

func slotKey(f rules.Frontend, slot int) []byte {
	return append(frontendKey(f), binaryutil.NativeEndian.PutUint32(uint32(slot))...) //nolint:gosec // small
}

func backendValue(b netip.AddrPort) []byte {
	return append(b.Addr().AsSlice(), portBytes(b.Port())...)
}

func portBytes(port uint16) []byte {
	b := make([]byte, 4)
	binary.BigEndian.PutUint16(b, port)
	return b
}

// frontendAt loads the key of a frontend: the packet's destination.
func (l layout) frontendAt() []expr.Any {
	return append([]expr.Any{
		&expr.Payload{DestRegister: l.keyRegister(), Base: expr.PayloadBaseNetworkHeader, Offset: l.dest, Len: l.bytes},
	}, l.protocolAndPort()...)
}

// anyFrontendAt loads the key of a frontend that is on every address of the node.
func (l layout) anyFrontendAt() []expr.Any {
	return append([]expr.Any{
		&expr.Immediate{Register: l.keyRegister(), Data: make([]byte, l.bytes)},
	}, l.protocolAndPort()...)
}

func (l layout) protocolAndPort() []expr.Any {
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: l.protocolRegister()},
		&expr.Payload{DestRegister: l.portRegister(), Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
	}
}

// load reads the source or destination address into a register.
func (l layout) load(offset, register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: l.bytes}
}

// in matches packets whose address at offset is (or is not) in the network.
func (l layout) in(network netip.Prefix, offset uint32, op expr.CmpOp) []expr.Any {
	mask := make([]byte, l.bytes)
	for i := range network.Bits() {
		mask[i/8] |= 0x80 >> (i % 8)
	}
	return []expr.Any{
		l.load(offset, unix.NFT_REG_1),
		&expr.Bitwise{SourceRegister: unix.NFT_REG_1, DestRegister: unix.NFT_REG_1, Len: l.bytes, Mask: mask, Xor: make([]byte, l.bytes)},
		&expr.Cmp{Op: op, Register: unix.NFT_REG_1, Data: network.Addr().AsSlice()},
	}
}

// fromOutside matches clients that are neither pods nor this node.
func (l layout) fromOutside() []expr.Any {
	return append(l.in(l.prefix, l.source, expr.CmpOpNeq),
		&expr.Fib{Register: unix.NFT_REG_1, FlagSADDR: true, ResultADDRTYPE: true},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)},
	)
}

// toThisNode matches packets to any address of the node.
func toThisNode() []expr.Any {
	return []expr.Any{
		&expr.Fib{Register: unix.NFT_REG_1, FlagDADDR: true, ResultADDRTYPE: true},
		&expr.Cmp{Op: expr.CmpOpEq, Register: unix.NFT_REG_1, Data: binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)},
	}
}
