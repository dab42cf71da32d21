/** The commands that explain an exchange and serve a recording again. */
@NullMarked
package dev.holdfast.cli.debug;

import org.jspecify.annotations.NullMarked;
