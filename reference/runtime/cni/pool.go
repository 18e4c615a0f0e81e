package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
)

// pool hands out the addresses of a prefix. A reservation is a file named after the address that holds its owner; creating it
// exclusively is what makes two plugins running at once safe. A symbolic link named after the owner leads back to it.
type pool struct {
	dir    string
	prefix netip.Prefix
}

// reserved addresses of a prefix: the network itself and the first one, by custom the router's. The last one is the broadcast address.
const firstUsable = 2

// reserve returns the owner's address, the same one when asked again. Addresses go round, so that one that was just released
// is the last to be used again and no stale connection of another pod meets it.
func (p *pool) reserve(owner string) (netip.Addr, error) {
	if addr, err := p.lookup(owner); err == nil {
		return addr, nil
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return netip.Addr{}, err
	}
	size := uint32(1) << (32 - p.prefix.Bits())
	if size < firstUsable+2 {
		return netip.Addr{}, fmt.Errorf("prefix %s has no room for pods", p.prefix)
	}
	usable := size - firstUsable - 1
	start := p.last() - firstUsable + 1
	for i := range usable {
		offset := firstUsable + (start+i)%usable
		addr := p.at(offset)
		err := p.claim(addr, owner)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return netip.Addr{}, err
		}
		return addr, os.WriteFile(filepath.Join(p.dir, "last"), []byte(addr.String()), 0o644)
	}
	return netip.Addr{}, fmt.Errorf("all %d addresses of %s are in use", usable, p.prefix)
}

func (p *pool) claim(addr netip.Addr, owner string) error {
	file, err := os.OpenFile(filepath.Join(p.dir, addr.String()), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(owner)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Symlink(addr.String(), p.ownerPath(owner))
}

// lookup returns the owner's address, or an error that is fs.ErrNotExist.
func (p *pool) lookup(owner string) (netip.Addr, error) {
	target, err := os.Readlink(p.ownerPath(owner))
	if err != nil {
		return p.search(owner)
	}
	return netip.ParseAddr(target)
}

// search finds a reservation whose link is missing, left by a plugin that died between making the two.
func (p *pool) search(owner string) (netip.Addr, error) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look up address of %q: %w", owner, err)
	}
	for _, e := range entries {
		addr, err := netip.ParseAddr(e.Name())
		if err != nil {
			continue
		}
		if holder, err := os.ReadFile(filepath.Join(p.dir, e.Name())); err == nil && string(holder) == owner {
			return addr, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("look up address of %q: %w", owner, fs.ErrNotExist)
}

// release frees the owner's address. Without one it does nothing.
func (p *pool) release(owner string) error {
	addr, err := p.lookup(owner)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, path := range []string{p.ownerPath(owner), filepath.Join(p.dir, addr.String())} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("release %s: %w", addr, err)
		}
	}
	return nil
}

func (p *pool) ownerPath(owner string) string {
	return filepath.Join(p.dir, "owner-"+strings.ReplaceAll(owner, "/", "_"))
}

// last is the offset of the address handed out last, or the one before the first.
func (p *pool) last() uint32 {
	data, _ := os.ReadFile(filepath.Join(p.dir, "last"))
	addr, err := netip.ParseAddr(string(data))
	if err != nil || !p.prefix.Contains(addr) {
		return firstUsable - 1
	}
	return toUint(addr) - toUint(p.prefix.Addr())
}

func (p *pool) at(offset uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], toUint(p.prefix.Addr())+offset)
	return netip.AddrFrom4(b)
}

func toUint(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}
