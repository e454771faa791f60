import nim from "./nim.js";

export default [nim];
