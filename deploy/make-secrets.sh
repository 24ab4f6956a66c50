#!/bin/sh
# Makes the secrets that compose.yaml mounts, once: what exists is left as it is. They lie in deploy/secrets, which git
# and the image's build pass over.
set -eu
cd "$(dirname "$0")"

mkdir -p secrets
# Only the owner gets into the folder; the files themselves are for other users too, since a container's is another one.
chmod 700 secrets
umask 022

random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

# $1: name, $2: value
keep() {
  [ -e "secrets/$1" ] && return
  printf %s "$2" >"secrets/$1.new"
  mv "secrets/$1.new" "secrets/$1"
  echo "made deploy/secrets/$1"
}

keep postgres_password "$(random)"
keep database_url "postgres://zlt:$(cat secrets/postgres_password)@postgres:5432/zlt"
keep admin_password "$(random)"
