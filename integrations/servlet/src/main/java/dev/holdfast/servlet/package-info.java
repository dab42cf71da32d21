/** Answers of Holdfast's client as server-sent events, in a servlet. */
@NullMarked
package dev.holdfast.servlet;

import org.jspecify.annotations.NullMarked;
