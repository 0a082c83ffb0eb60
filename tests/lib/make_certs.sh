#!/bin/sh
# Makes the certificates of the tests in the folder given, once: an authority (ca), a server's (server: localhost, 127.0.0.1),
# one for another host, an expired one, a self-signed one (self), a client's, and an authority that signed nothing (other_ca).
# NAME.pem and NAME.key each. They are for loopback only and never leave the build folder.
set -eu

dir=$1
[ -f "$dir/done" ] && exit 0
mkdir -p "$dir"
cd "$dir"

key() { # name
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null
}

authority() { # name
    key "$1"
    openssl req -x509 -new -key "$1.key" -subj "/CN=tdodbc test $1" -days 3650 -out "$1.pem" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign 2>/dev/null
}

signed() { # name, days, subjectAltName
    key "$1"
    openssl req -new -key "$1.key" -subj "/CN=tdodbc test $1" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$3" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "$2" -extfile "$1.ext" -out "$1.pem" 2>/dev/null
}

authority ca
authority other_ca
signed server 3650 DNS:localhost,IP:127.0.0.1
signed elsewhere 3650 DNS:elsewhere.example
signed expired -1 DNS:localhost,IP:127.0.0.1
signed client 3650 DNS:client.example
key self
openssl req -x509 -new -key self.key -subj "/CN=tdodbc test self" -days 3650 -out self.pem \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
: >done
