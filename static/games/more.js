/** The renderers of games that are not Everturn's own: none. A program that brings games serves a list of its own here. */

export default [];
