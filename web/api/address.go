package api

import (
	"net/http"
	"net/netip"
)

// AddressOf is whom a limit is for: an address of IPv4, and of IPv6 the network
// that one customer has (/64).
func AddressOf(r *http.Request) netip.Prefix {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{} // no address, as on a Unix socket: all are one
	}
	addr := at.Addr().Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, _ := addr.Prefix(bits) // the bits fit the family
	return p
}
