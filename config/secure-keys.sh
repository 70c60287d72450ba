#!/bin/sh
# Makes what nats-secure.conf needs, in the folder secure/ of the current one: an nkey for every user, an authority and
# a certificate for NATS servers. Further names of servers are arguments: secure-keys.sh nats-1 nats-2 nats-3
# SYNOD is how the program is called, where it is not `synod`.
set -eu
umask 077
mkdir secure
cd secure

for user in acceptor proposer verifier api operator alice bob; do
  key=$(${SYNOD:-synod} nkey $user.nk)
  echo "${user}_nkey: $key" >>nkeys.conf
done

if ! command -v openssl >/dev/null; then
  echo 'Cannot make certificates: openssl is not installed.' >&2
  exit 3
fi
names=DNS:localhost,IP:127.0.0.1
for name in "$@"; do names=$names,DNS:$name; done
echo "subjectAltName=$names" >server.ext
new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $new -days 3650 -subj /CN=synod -keyout ca.key -out ca.pem 2>/dev/null
openssl req $new -subj /CN=nats -keyout server.key -out server.csr 2>/dev/null
openssl x509 -req -days 825 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile server.ext -out server.pem 2>/dev/null
rm server.ext server.csr
