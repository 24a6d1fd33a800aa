import { checkNode, ensureBuild, ensureDependencies } from './setup.js';

checkNode();
ensureDependencies();
console.log(ensureBuild());
