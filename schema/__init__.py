"""The GraphQL skin: types, inputs, directives, errors and paging."""
