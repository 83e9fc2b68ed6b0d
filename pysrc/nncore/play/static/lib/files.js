/** Files that the reader keeps, and files that the reader chooses. */

/** @param {BlobPart} bytes @param {string} name @param {string} type */
export function save(bytes, name, type) {
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** Let the reader choose a file. @param {string} accept Kinds of files. @param {(file: File) => void} take
 * @param {string} [capture] The camera that takes a picture. */
export function choose(accept, take, capture) {
  const field = Object.assign(document.createElement("input"), { type: "file", accept });
  if (capture) field.setAttribute("capture", capture);
  field.onchange = () => {
    if (field.files?.[0]) take(field.files[0]);
  };
  field.click();
}
