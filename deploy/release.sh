#!/usr/bin/env bash
# The archive of a release, called by `make release`: everything that a bare Debian 13 (x86-64) needs to install the
# platform without a network. It needs the network itself, for the wheels that requirements.lock names.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$PWD/.venv/bin
python=3.13 # Debian 13's
version=$(sed -n 's/^version = //p' setup.cfg)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

folder=build/hai-long-$version
rm -rf build/lib build/bdist.* "$folder" "$folder".tar.gz*
mkdir -p "$folder/wheels"
"$bin/uv" build -q --wheel --out-dir "$folder/wheels" .
rm -f "$folder/wheels/.gitignore"

# What the locks say for this one Python on this one kind of machine; scanning's OpenCV comes along.
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
printf 'opencv-python-headless\n' | cat requirements.lock - |
	"$bin/uv" pip compile -q --no-deps --no-annotate --no-header -c requirements-dev.lock \
		--python-version $python --python-platform x86_64-manylinux_2_28 - >"$wanted"
"$bin/python" -m pip download -q --disable-pip-version-check --no-deps --only-binary :all: \
	--implementation cp --python-version $python --abi cp${python/./} --abi abi3 --abi none \
	--platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_26_x86_64 \
	--platform manylinux_2_24_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
	--platform manylinux_2_12_x86_64 --platform manylinux2010_x86_64 --platform manylinux_2_5_x86_64 \
	--platform manylinux1_x86_64 --dest "$folder/wheels" -r "$wanted"

cp -r requirements.lock LICENSE CHANGELOG.md CHANGELOG.en.md deploy docs "$folder/"
mv "$folder/deploy/install.sh" "$folder/deploy/README.md" "$folder/"
sed -i "s/VERSION/$version/" "$folder/README.md"
rm -f "$folder/deploy/"{*.py,release.sh}
tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --exclude=__pycache__ \
	-C build -cf - "hai-long-$version" | gzip -n -6 >"$folder.tar.gz"
(cd build && sha256sum "hai-long-$version.tar.gz" >"hai-long-$version.tar.gz.sha256")
rm -rf "$folder"
du -m "$folder.tar.gz" | awk '{print $2 ", " $1 " MB"}'
