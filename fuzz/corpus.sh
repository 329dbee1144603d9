#!/bin/sh
# Fills fuzz/corpus/TARGET with the fixtures a target begins from; cargo-fuzz adds what it finds to them.
set -eu
cd "$(dirname "$0")"
stores=../testdata/store

fill() {
    target=$1
    shift
    mkdir -p "corpus/$target"
    cp "$@" "corpus/$target/"
}

fill certificate $stores/certificates/*.der
fill der $stores/certificates/*.der $stores/pkcs12/* $stores/source/*.der $stores/source/*.p7b
fill flight seeds/flight/* ../testdata/flight/*.bin
fill jceks $stores/jceks/*
fill jks $stores/jks/*
fill ocsp seeds/ocsp/*
fill pem $stores/pem/* $stores/source/*
fill pem_bundle $stores/pem/* $stores/source/*
fill pkcs12 $stores/pkcs12/*
fill properties seeds/properties/*
fill source $stores/source/* $stores/certificates/* $stores/pem/*
fill store $stores/jks/* $stores/jceks/* $stores/pkcs12/* $stores/pem/*
