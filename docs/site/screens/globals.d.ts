/** A hash of the scripts, which `bundles.py` puts in this word's place. */
declare const VERSION: string;
