/** The playground's own tests; the page is tested in a browser. */
@NullMarked
package dev.holdfast.cli.playground;

import org.jspecify.annotations.NullMarked;
