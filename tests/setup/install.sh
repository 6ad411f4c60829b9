#!/usr/bin/env bash
# Installs the servers that the tests need: PostgreSQL, and Java with Maven for Apache Kafka.
# Where it may not install (no root, no apt-get), it names what is missing; those tests are skipped.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || command -v postgres >/dev/null || missing+=(postgresql)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # the package starts a server of its own unless told otherwise; the tests start theirs
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  apt-get -o Acquire::Retries=5 update -qq
  apt-get -o Acquire::Retries=5 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  exit 0
fi
echo "missing: ${missing[*]} (not installed: that takes root and apt-get); the tests that need them are skipped" >&2
[ -z "${TOUCHSTONE_REQUIRE_SERVERS:-}" ]
